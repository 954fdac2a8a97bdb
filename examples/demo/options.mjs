import { parseArgs } from 'node:util';

const COMMON = {
  calm: ['<seconds>', 'of load alone before and after each upgrade'],
  rate: ['<number>', 'of requests a second'],
  json: ['', 'write the result as one line to standard output'],
  help: ['', 'show this'],
};

/**
 * The words behind the demo's name. Ends this process with 2 where they cannot be used, and with 0 when they ask for help.
 *
 * @param {string} command as somebody types it, without options
 * @param {Record<string, [placeholder: string, meaning: string, fallback?: string]>} own more options; one without a placeholder is a switch
 * @param {{ rate: number, required?: readonly string[] }} settings
 * @returns {Record<string, any>} `calm` and `rate` are numbers
 */
export function readOptions(command, own, { rate, required = [] }) {
  const all = { ...own, ...COMMON };
  const fallbacks = { calm: '5', rate: `${rate}` };
  const options = Object.fromEntries(
    Object.entries(all).map(([name, [placeholder, , fallback = fallbacks[name]]]) => [
      name,
      placeholder === ''
        ? { type: /** @type {const} */ ('boolean'), default: false }
        : { type: /** @type {const} */ ('string'), ...(fallback === undefined ? {} : { default: fallback }) },
    ]),
  );
  try {
    const { values } = parseArgs({ options });
    if (values.help) end(0, renderUsage(command, all, fallbacks));
    for (const name of required) if (values[name] === undefined) throw new Error(`--${name} is missing.`);
    return {
      ...values,
      ...Object.fromEntries(['calm', 'rate'].map((name) => [name, parseNumber(name, values[name])])),
    };
  } catch (error) {
    return end(2, `${error.message}\n\n${renderUsage(command, all, fallbacks)}`);
  }
}

function parseNumber(name, text) {
  const number = Number(text);
  if (text.trim() === '' || !(number >= 0)) throw new Error(`--${name} is "${text}", which is no number.`);
  return number;
}

function renderUsage(command, all, fallbacks) {
  const rows = Object.entries(all).map(([name, [placeholder, meaning, fallback = fallbacks[name]]]) => [
    `  --${name} ${placeholder}`.trimEnd(),
    `${meaning}${fallback === undefined ? '' : ` (${fallback})`}`,
  ]);
  const width = Math.max(...rows.map(([option]) => option.length));
  return [
    `Usage: ${command} [options]`,
    '',
    ...rows.map(([option, meaning]) => `${option.padEnd(width)}  ${meaning}`),
  ].join('\n');
}

function end(exit, text) {
  if (exit === 0) console.log(text);
  else console.error(text);
  process.exit(exit);
}
