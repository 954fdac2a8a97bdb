import type { AdoptedProject, AdoptedService } from '../decide/adopted.ts';
import { parseImageName } from '../decide/image-name.ts';
import { explain } from './explain.ts';
import { comment, entry, heading, listEntry, scalar } from './yaml-lines.ts';

/** The proposed product.yaml, whole: its first release is what runs now, by content. */
export function renderProduct(adopted: AdoptedProject): string {
  const lines = [
    ...comment(
      0,
      'Proposed by "onward adopt": what a release consists of. The images are those that run now, by content.',
    ),
    ...explain(0, 'product', adopted.product),
    entry(0, 'product', adopted.product.value),
    ...renderDatabases(adopted),
    heading(0, 'services'),
    ...adopted.services.flatMap(renderService),
  ];
  return `${lines.join('\n')}\n`;
}

function renderDatabases({ databases }: AdoptedProject): readonly string[] {
  if (databases.length === 0) return [];
  return [
    heading(0, 'databases'),
    ...databases.flatMap(({ name, major, inside }) =>
      major === undefined
        ? [`  ${name}: {}`]
        : [
            ...comment(2, `the image of ${inside.host} is of version ${major}`),
            `  ${name}: { server: ${scalar(`>=${major}`)} }`,
          ],
    ),
  ];
}

function renderService({ name, database, image, after }: AdoptedService): readonly string[] {
  return [
    heading(2, name),
    ...(database === undefined ? [] : [entry(4, 'database', database)]),
    ...renderImageLines(image),
    ...(after.length === 0 ? [] : [listEntry(4, 'after', after)]),
  ];
}

/** What runs by its digest, and how later releases name it. */
export function renderImageLines(image: AdoptedService['image']): readonly string[] {
  return [
    ...explain(4, 'image', image),
    entry(4, 'image', image.value ?? 'registry.example/name:version'),
    ...(image.value === undefined
      ? []
      : comment(4, `of later releases: image: ${scalar(`${parseImageName(image.value).repository}:$\{version}`)}`)),
  ];
}
