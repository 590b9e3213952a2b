// Sends the keys of the page's table to Python, unless the person is typing or a dialog is open.
const TYPING = ["TEXTAREA", "SELECT"];
const PRESSED = ["checkbox", "radio", "button", "submit"];
const MOVES = ["arrowleft", "arrowright", "arrowup", "arrowdown", "home", "end"];

function isTyping(path, key) {
  const element = path[0];
  if (!element || !element.tagName) return false;
  if (path.some((each) => each.tagName === "DIALOG" || each.getAttribute?.("role") === "dialog")) return true;
  if (element.isContentEditable || TYPING.includes(element.tagName)) return true;
  if (element.tagName === "INPUT") {
    if (element.type === "range") return MOVES.includes(key);
    return !PRESSED.includes(element.type);
  }
  if (key === "enter") return ["A", "BUTTON"].includes(element.tagName);
  return ["combobox", "listbox", "option", "menuitem"].includes(element.getAttribute("role"));
}

function nameOf(event) {
  let key = event.key === " " ? "space" : event.key.toLowerCase();
  const isSign = key.length === 1 && key.toLowerCase() === key.toUpperCase();  // "?" needs Shift on many keyboards
  if (event.shiftKey && !isSign) key = `shift+${key}`;
  return event.ctrlKey || event.metaKey ? `ctrl+${key}` : key;
}

export function render({ model }) {
  const onKey = (event) => {
    if (!event.key || event.altKey || event.isComposing || event.defaultPrevented) return;
    const key = nameOf(event);
    const table = model.keys;
    const repeats = table instanceof Map ? table.get(key) : table[key];
    if (repeats === undefined || isTyping(event.composedPath(), key.split("+").pop())) return;
    event.preventDefault();
    if (event.repeat && !repeats) return;
    model.send_msg({ key });
  };
  window.addEventListener("keydown", onKey);
  model.on("remove", () => window.removeEventListener("keydown", onKey));
  return document.createElement("div");
}
