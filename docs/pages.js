// What is wider than the screen scrolls in its place; here it is made reachable by keyboard, too.
for (const part of document.querySelectorAll("pre > code, table")) {
  if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
}
