// @ts-check
// Text as a reader must see it. What the page shows was partly written by attackers, so every character that has no shape of its own,
// or that turns the text around, is told by its code point instead of being obeyed.

/** Controls, formats, unassigned and private code points, halves of pairs, odd spaces, fillers and variation selectors. */
const UNSEEN = /[\p{C}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\ufe00-\ufe0f\u{e0100}-\u{e01ef}]|(?! )\p{Zs}/gu;

/** What a reader may know by name. */
const NAMES = new Map([
  [0x00, "null"],
  [0x07, "bell"],
  [0x08, "backspace"],
  [0x09, "tab"],
  [0x0a, "line feed"],
  [0x0d, "carriage return"],
  [0x1b, "escape"],
  [0x7f, "delete"],
  [0xa0, "no-break space"],
  [0xad, "soft hyphen"],
  [0x061c, "arabic letter mark"],
  [0x200b, "zero width space"],
  [0x200c, "zero width non-joiner"],
  [0x200d, "zero width joiner"],
  [0x200e, "left-to-right mark"],
  [0x200f, "right-to-left mark"],
  [0x202a, "left-to-right embedding"],
  [0x202b, "right-to-left embedding"],
  [0x202c, "pop directional formatting"],
  [0x202d, "left-to-right override"],
  [0x202e, "right-to-left override"],
  [0x2066, "left-to-right isolate"],
  [0x2067, "right-to-left isolate"],
  [0x2068, "first strong isolate"],
  [0x2069, "pop directional isolate"],
  [0xfeff, "byte order mark"],
]);

/**
 * Splits a text into parts that are shown as they are and parts that stand for one unseen character each.
 * @param {unknown} value
 * @param {{lines?: boolean}} [options] `lines`: line feeds and tabs are layout and stay
 * @returns {{text: string, unseen?: string}[]} `unseen` is the character's name, where the part stands for one
 */
export function parts(value, options = {}) {
  const text = typeof value === "string" ? value : String(value);
  const found = [];
  let from = 0;
  for (const match of text.matchAll(UNSEEN)) {
    if (options.lines && (match[0] === "\n" || match[0] === "\t")) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index) });
    const code = match[0].codePointAt(0) ?? 0;
    const label = `U+${code.toString(16).toUpperCase().padStart(4, "0")}`;
    found.push({ text: label, unseen: NAMES.get(code) ?? "a character that is not seen" });
    from = match.index + match[0].length;
  }
  if (from < text.length) found.push({ text: text.slice(from) });
  return found;
}

/**
 * The same as one string, for attributes and announcements.
 * @param {unknown} value
 */
export function plain(value) {
  return parts(value)
    .map((part) => (part.unseen ? `\u2039${part.text}\u203a` : part.text))
    .join("");
}
