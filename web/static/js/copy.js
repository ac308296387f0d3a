// Copying a read-only field, with words about how it went.

import { make, setText } from "./dom.js";

/** A field that holds a text to be copied: focus selects it. */
export const copyField = (attributes) =>
  make("input", { readonly: true, class: "link", onfocus: ({ target }) => target.select(), ...attributes });

/** Copy what the field holds and say so in `said`; true if it was copied. */
export async function copy(field, said) {
  try {
    await navigator.clipboard.writeText(field.value);
    setText(said, "Copied.");
    return true;
  } catch {
    field.focus(); // selects it, so that Ctrl+C or a long press copies
    setText(said, "Copying was not allowed here. The text is selected: please copy it yourself.");
    return false;
  }
}
