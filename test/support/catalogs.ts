import fc from 'fast-check';
import {
  type Catalog,
  type CatalogEntry,
  compareVersions,
  satisfiesRange,
  sortVersions,
} from '../../src/model/index.ts';

/** Small enough that versions, ranges and stops meet each other often. */
const version = fc
  .tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 0, max: 2 }),
    fc.integer({ min: 0, max: 2 }),
    fc.constantFrom('', '', '', '-rc.1'),
  )
  .map(([major, minor, patch, tag]) => `${major}.${minor}.${patch}${tag}`);

/** Ranges of every form that vendors write. */
export const anyRange: fc.Arbitrary<string> = fc
  .tuple(
    fc.constantFrom(
      '>=A',
      '>A',
      '<A',
      '<=A',
      '>=A <B',
      '^A',
      '~A',
      'A',
      'A || B',
      'A - B',
      '1.x',
      '*',
      '>=A <B || >=C',
    ),
    version,
    version,
    version,
  )
  .map(([form, ...bounds]) => {
    const [a = '', b = '', c = ''] = sortVersions(bounds);
    return form.replaceAll('A', a).replaceAll('B', b).replaceAll('C', c);
  });

/** Every version that can occur, and one on either side of all of them. */
const UNIVERSE: readonly string[] = [
  '0.0.1',
  ...[1, 2, 3].flatMap((major) =>
    [0, 1, 2].flatMap((minor) =>
      [0, 1, 2].flatMap((patch) => [`${major}.${minor}.${patch}-rc.1`, `${major}.${minor}.${patch}`]),
    ),
  ),
  '99.0.0',
];

const highestOfRange = new Map<string, string | undefined>();

/** Whether a version is above all of a range, by trying every version that can occur. */
export function isAboveByTrying(version: string, range: string): boolean {
  if (!highestOfRange.has(range))
    highestOfRange.set(
      range,
      UNIVERSE.findLast((other) => satisfiesRange(other, range)),
    );
  const highest = highestOfRange.get(range);
  return highest !== undefined && compareVersions(version, highest) > 0;
}

export const anyVersions: fc.Arbitrary<readonly string[]> = fc
  .uniqueArray(version, { minLength: 2, maxLength: 12 })
  .map((versions) => sortVersions(versions));

export const anyStop = fc
  .record({ satisfiedBy: anyRange, prefer: fc.option(version, { nil: undefined }) })
  .map(({ satisfiedBy, prefer }) => ({ id: 'stop', satisfiedBy, reason: 'because', ...(prefer ? { prefer } : {}) }));

const DIGEST = `sha256:${'0'.repeat(64)}` as const;

/** Mostly unconstrained, so that paths exist; `withdrawn`, ranges and stops are each there in some. */
function anyEntry(name: string): fc.Arbitrary<CatalogEntry> {
  const rarely = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 4, nil: undefined });
  const sometimesNot = <T>(value: fc.Arbitrary<T>) =>
    fc.oneof({ weight: 5, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: value });
  return fc
    .record({
      withdrawn: sometimesNot(fc.constant({ reason: 'broken' })),
      upgradeFrom: sometimesNot(anyRange),
      requiresTool: sometimesNot(fc.constantFrom('>=2', '>=1')),
      stop: rarely(anyStop).chain((stop) => sometimesNot(fc.constant(stop))),
    })
    .map(({ stop, withdrawn, upgradeFrom, requiresTool }) => ({
      version: name,
      digest: DIGEST,
      publishedAt: '2026-01-01T00:00:00.000Z',
      stops: stop ? [stop] : [],
      ...(withdrawn ? { withdrawn } : {}),
      ...(upgradeFrom === undefined ? {} : { upgradeFrom }),
      ...(requiresTool === undefined ? {} : { requiresTool }),
    }));
}

export const anyCatalog: fc.Arbitrary<Catalog> = anyVersions.chain((versions) =>
  fc.record({
    product: fc.constant('shop'),
    rules: fc.record({ skipMinor: fc.boolean(), skipMajor: fc.boolean() }),
    releases: fc.tuple(...versions.map(anyEntry)),
    channels: fc.constant({}),
  }),
);
