// oauth-runtime: a fetch that asks for missing consent.

/** The person closed the window or said no; `name` is "AbortError". */
export class ConsentCancelled extends DOMException {
  constructor() {
    super("consent was cancelled", "AbortError");
  }
}

/** No window opens without a click: call `open` from one. */
export class ConsentRequired extends Error {
  name = "ConsentRequired";
}

/** As `window.fetch`; a stream cannot be sent twice and passes as it is. */
export async function fetch(input, init) {
  if (init?.body instanceof ReadableStream) return globalThis.fetch(input, init);
  const request = new Request(input, init);
  const again = request.clone();
  const response = await globalThis.fetch(request);
  const problem = await refusal(response);
  if (!problem) return response;
  return consent(problem, request.signal, async (word) => {
    if (word === "cancelled") throw new ConsentCancelled();
    const answer = await globalThis.fetch(again.clone());
    if (word !== "granted" && (await refusal(answer))) throw new ConsentCancelled();
    return answer;
  });
}

/** What is missing, if the server says so in our words and the link stays here. */
async function refusal(response) {
  const type = response.headers.get("content-type");
  if (![401, 403].includes(response.status) || !/^application\/problem\+json/.test(type)) return;
  const problem = await response.clone().json().catch(() => null);
  const known = /^(sign_in|consent)_required$/.test(problem?.code);
  if (!known || !URL.canParse(problem.authorize_url, location.href)) return;
  problem.url = new URL(problem.authorize_url, location.href);
  if (problem.url.origin === location.origin) return problem;
}

function consent({ code, why, missing_scopes: missingScopes, url }, signal, retry) {
  const key = `${code} ${missingScopes}`;
  const required = new ConsentRequired("consent is required");
  return new Promise((resolve, reject) => {
    const open = async () => {
      const end = popup(url, key);
      if (!end) throw required;
      const answer = end.then(retry);
      answer.then(resolve, reject);
      return answer;
    };
    const cancel = () => reject(new ConsentCancelled());
    Object.assign(required, { code, why, missingScopes, authorizeUrl: url.href, open, cancel });
    const event = new CustomEvent("oauth:consent", { detail: required, cancelable: true });
    const ask = () => dispatchEvent(event) && reject(required);
    signal.addEventListener("abort", () => reject(signal.reason));
    if (ends.has(key) || navigator.userActivation?.isActive !== false)
      open().catch((error) => error === required && ask());
    else ask();
  });
}

const ends = new Map();

/** The end of the window for `key`; nothing where none opens. */
function popup(url, key) {
  const known = ends.get(key);
  if (known && !known.opened.closed) {
    known.opened.focus();
    return known;
  }
  const id = crypto.randomUUID();
  url.searchParams.set("popup", id);
  const opened = open(url, "_blank", "popup,width=520,height=700");
  if (!opened) return;
  opened.opener = null; // the provider gets no hold of this page
  const channel = new BroadcastChannel(`oauth:${id}`);
  const over = new AbortController();
  const end = new Promise((resolve) => {
    channel.onmessage = ({ data }) => resolve(data);
    // What is cut off from its opener looks closed: it is over once the person is back.
    const back = () => setTimeout(() => opened.closed && resolve("gone"), 500);
    for (const sign of ["focus", "pointerdown", "keydown"])
      addEventListener(sign, back, { signal: over.signal });
  }).finally(() => {
    over.abort();
    channel.close();
    opened.close();
  });
  ends.set(key, Object.assign(end, { opened }));
  return end;
}

// At the end, in that window: tell the one that waits, and close.
if (location.pathname === new URL("done", import.meta.url).pathname) {
  const query = new URLSearchParams(location.search);
  const channel = new BroadcastChannel(`oauth:${query.get("popup")}`);
  channel.postMessage(query.get("end") ?? "granted");
  close();
}
