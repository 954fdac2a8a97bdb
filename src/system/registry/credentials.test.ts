import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseImageReference } from '../../model/index.ts';
import { createSystem } from '../index.ts';
import { loadCredentials } from './credentials.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'onward-credentials-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(config: string | object, name = 'registry.example/shop/api') {
  const image = parseImageReference(name);
  if (!image) throw new Error(`${name} is no image`);
  const text = typeof config === 'string' ? config : JSON.stringify(config);
  await writeFile(join(folder, 'config.json'), text);
  const system = createSystem({ environment: { DOCKER_CONFIG: folder }, onEvent: () => {} });
  const found = await loadCredentials(system, image, 10_000);
  return { found, shown: system.redaction.apply(JSON.stringify(found ?? {})) };
}

const encode = (text: string) => Buffer.from(text).toString('base64');
const ci = { kind: 'password', user: 'ci', password: 'secret-of-ci' };
const auth = encode('ci:secret-of-ci');

describe('loadCredentials()', () => {
  it.each([
    ['the name of the registry', { 'registry.example': { auth } }],
    ['its address', { 'https://registry.example': { auth } }],
    ['its address of old', { 'https://registry.example/v1/': { auth } }],
    ['user and password in clear', { 'registry.example': { username: 'ci', password: 'secret-of-ci' } }],
    ['zeros behind the password', { 'registry.example': { auth: encode('ci:secret-of-ci\0\0') } }],
  ])('finds an entry by %s', async (_, auths) => {
    const { found, shown } = await load({ auths });
    expect(found).toMatchObject(ci);
    expect(shown).not.toContain('secret-of-ci');
  });

  it('keeps colons in a password', async () => {
    expect((await load({ auths: { 'registry.example': { auth: encode('ci:a:b:c:d:e') } } })).found).toMatchObject({
      password: 'a:b:c:d:e',
    });
  });

  it('finds the entry of Docker Hub, whatever name an image there has', async () => {
    const auths = { 'https://index.docker.io/v1/': { auth } };
    for (const name of ['postgres', 'shop/api', 'docker.io/shop/api', 'index.docker.io/shop/api'])
      expect((await load({ auths }, name)).found, name).toMatchObject(ci);
  });

  it.each([
    ['another registry', { auths: { 'registry.example.org': { auth }, 'example/registry.example': { auth } } }],
    ['another port', { auths: { 'registry.example:5000': { auth } } }],
    ['Docker Hub', { auths: { 'https://index.docker.io/v1/': { auth } } }],
    ['nobody', { auths: { 'registry.example': {} } }],
    ['a list', { auths: ['registry.example'] }],
    ['nothing', {}],
    ['a text', '"auths"'],
  ])('has nothing for a registry where the file is for %s', async (_, config) => {
    expect((await load(config)).found).toBeUndefined();
  });
});
