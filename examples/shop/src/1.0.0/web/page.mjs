export function page(title, content) {
  const body = `<h1>${title}</h1>${content}<footer>web ${process.env.ONWARD_RELEASE}</footer>`;
  return `<!doctype html><html lang="en"><title>${title}</title><body>${body}</body></html>\n`;
}

export function escapeHtml(text) {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
