// oauth-runtime: a fetch that asks for missing consent.

/** The user closed the window or went back; `name` is "AbortError". */
export class ConsentCancelled extends DOMException {
  constructor() {
    super("Access was not given, so this was not done.", "AbortError");
  }
}

/** No window opened: call `open` from a click, or show `authorizeUrl` as a link. */
export class ConsentRequired extends Error {
  name = "ConsentRequired";
}

/** The account may be another one than the call was made for: `retry` makes it for this one. */
export class AccountChanged extends Error {
  name = "AccountChanged";
}

// Our other routes are beside this module.
const route = (name) => new URL(name, import.meta.url);

/** As `window.fetch`; a stream cannot be sent twice and passes as it is. */
export async function fetch(input, init) {
  if (init?.body instanceof ReadableStream) return globalThis.fetch(input, init);
  const inClick = click();
  const request = new Request(input, init);
  const again = request.clone();
  const send = () => globalThis.fetch(again.clone());
  const response = await globalThis.fetch(request);
  const problem = await refusal(response);
  if (!problem) return response;
  return consent(problem, request.signal, inClick, async (end) => {
    const reads = ["GET", "HEAD"].includes(request.method);
    // Who logs in to the app may be another user: only reading is safe then.
    if (end === "switched" || (end === "logged-in" && !reads)) {
      const changed = new AccountChanged("The account may be another one now, so this was not done.");
      throw Object.assign(changed, { retry: send });
    }
    // So may a window have changed the account that told nothing.
    const done = end === "granted" || (reads && ["gone", "logged-in"].includes(end));
    if (!done) throw new ConsentCancelled();
    const answer = await send();
    if (end === "gone" && (await refusal(answer))) throw new ConsentCancelled();
    return answer;
  });
}

/**
 * Runs something in the click that is handled now. Chromium and Firefox open a window for some
 * seconds after a click; WebKit only for the first one, and only in timers that the click set.
 */
function click() {
  let next;
  let left = 0;
  const tick = () => {
    left -= 1;
    next?.();
    next = undefined;
  };
  if (navigator.userActivation?.isActive !== false)
    for (; left < 49; left += 1) setTimeout(tick, 20 * (left + 1));
  return (run) => {
    if (left) next = run;
    else run();
  };
}

/** What is missing, if this app says so and the link is one of its own. */
async function refusal(response) {
  const type = response.headers.get("content-type");
  if (![401, 403].includes(response.status) || !/^application\/problem\+json/.test(type)) return;
  // After redirects it may be another server that answered.
  if (!response.url || new URL(response.url).origin !== route("").origin) return;
  const problem = await response.clone().json().catch(() => null);
  const known = /^(sign_in|consent)_required$/.test(problem?.code);
  if (!known || !URL.canParse(problem.authorize_url, import.meta.url)) return;
  problem.url = new URL(problem.authorize_url, import.meta.url);
  const [own] = problem.url.href.split("?");
  if (["start", "sign-in"].some((name) => route(name).href === own)) return problem;
}

function consent(problem, signal, inClick, retry) {
  const { code, provider, why, missing_scopes: missingScopes, url } = problem;
  const key = `${code} ${provider} ${missingScopes}`;
  const required = new ConsentRequired("Access is needed, and no window opened to ask for it.");
  return new Promise((resolve, reject) => {
    const open = async () => {
      const end = popup(url, key);
      if (!end) throw required;
      const answer = end.then((word) => {
        if (word === "blocked") throw required;
        return retry(word);
      });
      answer.then(resolve, reject);
      return answer;
    };
    const cancel = () => reject(new ConsentCancelled());
    Object.assign(required, { code, why, missingScopes, authorizeUrl: url.href, open, cancel });
    const event = new CustomEvent("oauth:consent", { detail: required, cancelable: true });
    const ask = () => dispatchEvent(event) && reject(required);
    signal.addEventListener("abort", () => reject(signal.reason));
    if (ends.has(key) || navigator.userActivation?.isActive !== false)
      inClick(() => signal.aborted || open().catch((error) => error === required && ask()));
    else ask();
  });
}

const ends = new Map();

/** The end of the window for `key`; nothing where none opens. */
function popup(url, key) {
  const known = ends.get(key);
  // Firefox runs other tasks while it opens a window: until then it has none.
  if (known && !known.opened?.closed) {
    known.opened?.focus();
    return known;
  }
  const id = crypto.randomUUID();
  url.searchParams.set("popup", id);
  let tell;
  const told = new Promise((resolve) => (tell = resolve));
  const channel = new BroadcastChannel(`oauth:${id}`);
  channel.onmessage = ({ data }) => tell(data);
  const over = new AbortController();
  const end = told.finally(() => {
    over.abort();
    channel.close();
    end.opened?.close();
  });
  ends.set(key, end);
  const opened = open(url, "_blank", "popup,width=520,height=700");
  if (!opened) {
    ends.delete(key);
    tell("blocked");
    return;
  }
  end.opened = opened;
  opened.opener = null; // the provider gets no hold of this page
  // What is cut off from its opener looks closed: it is over once the user is back.
  const back = () => setTimeout(() => opened.closed && tell("gone"), 500);
  for (const sign of ["focus", "pointerdown", "keydown"])
    addEventListener(sign, back, { signal: over.signal });
  return end;
}

// At the end, in that window: tell the one that waits, and close.
if (location.pathname === route("done").pathname) {
  const query = new URLSearchParams(location.search);
  const channel = new BroadcastChannel(`oauth:${query.get("popup")}`);
  channel.postMessage(query.get("end") ?? "granted");
  close();
}
