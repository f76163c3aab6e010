// Keeps the week as a note without leaving the page. Where no script runs, the form does the same.

import { AccountChanged, ConsentCancelled, ConsentRequired, fetch } from "/oauth/client.js";

const form = document.querySelector("#keep");
const button = form.querySelector("button");
const status = document.querySelector("#kept");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (button.getAttribute("aria-disabled")) return;
  button.setAttribute("aria-disabled", "true");
  say("working", "Saving… If a small window opens, answer there: this page waits.");
  try {
    const response = await fetch(form.action, {
      method: "POST",
      headers: { accept: "application/json" },
    });
    if (!response.ok) throw new Error(`answered ${response.status}`);
    const { name } = await response.json();
    say("done", `${name} is in your Drive.`, "/notes", "See all notes");
  } catch (error) {
    explain(error);
  } finally {
    button.removeAttribute("aria-disabled");
  }
});

function explain(error) {
  if (error instanceof ConsentCancelled) {
    say("wrong", "Nothing was saved: you said no, or closed the window. The button asks again.");
  } else if (error instanceof AccountChanged) {
    say("wrong", "Nothing was saved: you changed the account.", "/week", "Show its week");
  } else if (error instanceof ConsentRequired) {
    say("wrong", "Your browser opened no window.", error.authorizeUrl, "Allow it on a page instead");
  } else {
    say("wrong", "That did not work. Please try again in a moment.");
  }
}

/** Says it where a screen reader hears it, with a way on where there is one. */
function say(state, text, href, words) {
  status.className = `notice ${state}`;
  status.textContent = text;
  if (!href) return;
  const link = Object.assign(document.createElement("a"), { href, textContent: words });
  status.append(" ", link);
}
