// A fetch that asks for consent where it is missing (oauth-runtime).

/** The person closed the window or said no; `name` is "AbortError". */
export class ConsentCancelled extends DOMException {
  constructor() {
    super("the consent was cancelled", "AbortError");
  }
}

/** No window may be opened without a click: call `open` from one. */
export class ConsentRequired extends Error {
  name = "ConsentRequired";
}

/** As `window.fetch`. A streamed body cannot be sent twice and is passed through. */
export async function fetch(input, init) {
  if (init?.body instanceof ReadableStream) return globalThis.fetch(input, init);
  const request = new Request(input, init);
  const again = request.clone();
  const response = await globalThis.fetch(request);
  const problem = await refusal(response);
  if (!problem) return response;
  return consent(problem, request.signal, async (word) => {
    const answer = await globalThis.fetch(again.clone());
    if (word !== "granted" && (await refusal(answer))) throw new ConsentCancelled();
    return answer;
  });
}

/** What is missing, if the server says so in our words and its link stays here. */
async function refusal(response) {
  const type = response.headers.get("content-type") ?? "";
  if (![401, 403].includes(response.status) || !type.startsWith("application/problem+json")) return;
  const problem = await response.clone().json().catch(() => null);
  const known = ["sign_in_required", "consent_required"].includes(problem?.code);
  if (!known || !URL.canParse(problem.authorize_url, location.href)) return;
  problem.url = new URL(problem.authorize_url, location.href);
  if (problem.url.origin === location.origin) return problem;
}

function consent({ code, why, missing_scopes: missingScopes, url }, signal, retry) {
  const required = new ConsentRequired("consent is required");
  return new Promise((resolve, reject) => {
    const open = async () => {
      const end = popup(url, `${code} ${missingScopes}`);
      if (!end) throw required;
      const answer = end.then(retry);
      answer.then(resolve, reject);
      return answer;
    };
    const cancel = () => reject(new ConsentCancelled());
    Object.assign(required, { code, why, missingScopes, authorizeUrl: url.href, open, cancel });
    const ask = () => {
      const init = { detail: required, cancelable: true };
      if (dispatchEvent(new CustomEvent("oauth:consent", init))) reject(required);
    };
    signal.addEventListener("abort", () => reject(signal.reason));
    if (navigator.userActivation?.isActive === false) ask();
    else open().catch((error) => error === required && ask());
  });
}

const ends = new Map();

/** The end of the one window for `key`, or nothing where the browser opens none. */
function popup(url, key) {
  if (ends.has(key)) return ends.get(key);
  const id = crypto.randomUUID();
  const target = new URL(url);
  target.searchParams.set("popup", id);
  const opened = open(target, "_blank", "popup,width=520,height=700");
  if (!opened) return;
  opened.opener = null; // no hold of ours for the provider
  const channel = new BroadcastChannel(`oauth:${id}`);
  let timer;
  const end = new Promise((resolve, reject) => {
    channel.onmessage = ({ data }) =>
      data === "cancelled" ? reject(new ConsentCancelled()) : resolve(data);
    // A page cut off from its opener looks closed: it is over once the person is back here.
    let gone = 0;
    timer = setInterval(() => {
      gone = opened.closed && document.hasFocus() ? gone + 1 : 0;
      if (gone > 2) resolve("gone");
    }, 300);
  }).finally(() => {
    clearInterval(timer);
    channel.close();
    opened.close();
    ends.delete(key);
  });
  ends.set(key, end);
  return end;
}

// On our own page in that window: tell the one that waits, and close.
if (location.pathname === new URL("done", import.meta.url).pathname) {
  const query = new URLSearchParams(location.search);
  const word = query.has("cancelled") ? "cancelled" : "granted";
  new BroadcastChannel(`oauth:${query.get("popup")}`).postMessage(word);
  close();
}
