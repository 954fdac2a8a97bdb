import { describe, expect, it } from 'vitest';
import type { FolderComponent, ImageComponent } from '../../../model/index.ts';
import { choosePort, judgeForeign } from './judge-foreign.ts';
import { parseForeign } from './parse-foreign.ts';

const pinned = { service: 'api', bytes: 1, producedBy: '1.0.0' };
const folder: FolderComponent = {
  ...pinned,
  kind: 'folder',
  identity: `sha256:${'a'.repeat(64)}`,
  command: ['node', 'main.mjs'],
};
const image: ImageComponent = {
  ...pinned,
  kind: 'image',
  identity: `sha256:${'b'.repeat(64)}`,
  image: 'registry.example/shop/api',
  command: [],
};

const judge = (text: string, component: FolderComponent | ImageComponent = folder, programs = 'main.mjs') =>
  parseForeign(`now 1795250000.5\nunit api.service active\n${text}`).units.map((found) =>
    judgeForeign(found, component, programs),
  );

describe('judgeForeign()', () => {
  it('finds nothing against a unit whose files are those of the release', () => {
    expect(judge('port 8080\nroot /srv/api\nextra ./local.json\n')).toEqual([[]]);
  });

  it('finds against it what differs, and says of changes after its start only where nothing does', () => {
    expect(judge('root /srv/api\ndiffers ./a\nlate ./a\n')).toEqual([['a in /srv/api is missing or not the same']]);
    expect(judge('root /srv/api\nlate ./a\nlate /srv/current\n')).toEqual([
      ['a, /srv/current in /srv/api have changed since it was started, so it may run what was there before'],
    ]);
  });

  it('names a few of many files', () => {
    const many = Array.from({ length: 9 }, (_, index) => `differs ./f${index}`).join('\n');
    expect(judge(`root /srv/api\n${many}\n`)).toEqual([
      ['f0, f1, f2, f3, f4 and 4 more in /srv/api are missing or not the same'],
    ]);
  });

  it('says that the command of a release does not lead to its files', () => {
    expect(judge('root /\ndiffers ./main.mjs\n', folder, '')).toEqual([
      [
        expect.stringMatching(
          /^the command of the release names no file of it, .* and has no main\.mjs of the release$/,
        ),
      ],
    ]);
  });

  it('takes a unit whose program is not found for none of the release', () => {
    expect(judge('port 8080\n')).toEqual([['none of its processes runs a program of that name']]);
  });

  it('says of a unit that has not come up that it is not active', () => {
    const { units } = parseForeign('now 1\nunit api.service activating\nroot /srv/api\n');
    expect(units.map((found) => judgeForeign(found, folder, 'main.mjs'))).toEqual([['it is activating']]);
  });

  it('finds against it that something else would start it again', () => {
    expect(judge('starter shop.target\nroot /srv/api\n')).toEqual([
      ['shop.target would start it again once it is stopped: take it out of there'],
    ]);
  });

  it('goes by the digests of the image that its container runs', () => {
    const runs = (digest: string) => `container /shop\nimage sha256:1\n${digest}`;
    expect(judge(runs(`digest registry.example/shop/api@${image.identity}\n`), image)).toEqual([[]]);
    expect(judge(runs(`digest registry.example/shop/api@${folder.identity}\n`), image)).toEqual([
      [`its container shop runs ${folder.identity}`],
    ]);
    expect(judge(runs(''), image)).toEqual([['its container shop runs an image that no registry knows']]);
    expect(judge('', image)[0]?.[0]).toContain('needs a --name');
    expect(judge('silent docker\n', image)).toEqual([['no Docker engine answers there']]);
  });
});

describe('choosePort()', () => {
  it.each([
    { ports: [3000], usable: [8080, 8081], port: 3000, why: 'the only one that it listens on' },
    { ports: [3000, 8081], usable: [8080, 8081], port: 8081, why: 'the one that onward.yaml names' },
    { ports: [8080, 8081], usable: [8080, 8081], port: undefined, why: 'none, where two could be meant' },
    { ports: [3000, 9090], usable: [8080], port: undefined, why: 'none, where two are others' },
    { ports: [3000], usable: [], port: undefined, why: 'none, of a service without one' },
  ])('is $why', ({ ports, usable, port }) => {
    expect(choosePort({ ports }, usable)).toBe(port);
  });
});
