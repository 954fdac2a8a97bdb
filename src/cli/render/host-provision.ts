import type { prepareHostProvision } from '../../upgrade/index.ts';

type HostProvision = Awaited<ReturnType<typeof prepareHostProvision>>['provision'];

/** What a host has, and the text of each unit that will be written there. */
export function renderHostProvision({ host, facts, present, missing }: HostProvision): string {
  const lines = [
    `${host}: ${facts.join('; ')}`,
    ...present.map((unit) => `  there  ${unit}`),
    ...missing.flatMap(({ path, text }) => [
      `  write  ${path}`,
      ...text
        .trimEnd()
        .split('\n')
        .map((line) => `           ${line}`.trimEnd()),
    ]),
  ];
  return `${lines.join('\n')}\n`;
}
