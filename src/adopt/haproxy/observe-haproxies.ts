import type { System } from '../../system/index.ts';
import { HAPROXY_SCRIPT } from './haproxy-script.ts';
import type { ObservedHaproxy } from './observed-haproxy.ts';

const LIMIT_MS = 10_000;

/** The HAProxys of this machine that are in no container. What cannot be looked at tells nothing. Changes nothing. */
export async function observeHaproxies({ exec }: System): Promise<readonly ObservedHaproxy[]> {
  const script = `KEEP=.\n${HAPROXY_SCRIPT}\nshow_haproxies`;
  const result = await exec.run(['sh', '-c', script], { timeoutMs: LIMIT_MS }).catch(() => undefined);
  return parseHaproxies(result?.stdout ?? '');
}

/** What the script prints. Pure. */
export function parseHaproxies(text: string): readonly ObservedHaproxy[] {
  return text
    .split(/^haproxy /m)
    .slice(1)
    .map((block) => {
      const [name = '', ...lines] = block.split('\n');
      const files: { readonly path: string; text: string }[] = [];
      const words: string[] = [];
      for (const line of lines) {
        const rest = line.slice(5);
        if (line.startsWith('word ')) words.push(rest);
        else if (line.startsWith('file ')) files.push({ path: rest, text: '' });
        else if (line.startsWith('text ')) {
          const file = files.at(-1);
          if (file) file.text += `${rest}\n`;
        }
      }
      return { name: name.endsWith('.service') ? name : `haproxy (${name})`, words, files, variables: {} };
    });
}
