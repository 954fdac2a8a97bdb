import { describe, expect, it } from 'vitest';
import type { InstanceSpec } from '../runtime.ts';
import {
  baseOf,
  buildSection,
  isBlank,
  isOurs,
  listHandedOn,
  parseOverride,
  renderOverride,
  type Sections,
} from './override.ts';

const digest = (digit: string) => `sha256:${digit.repeat(64)}` as const;
const SPEC: InstanceSpec = {
  id: 'api-1.2.0-01jd3k-1',
  service: 'api',
  release: '1.2.0',
  kind: 'service',
  identity: digest('1'),
  config: digest('2'),
  artifact: `registry.example/shop/api@${digest('1')}`,
  command: ['serve', '--greeting=$HOME'],
  environment: {
    PRICE: `5 $ or \${LESS}`,
    ONWARD_CONFIG_VALUES: '/x/.onward/config/ab/values.yaml',
    ODD: 'a\n"b"',
    no: '',
  },
  graceMs: 10_000,
  run: 'run-1',
};
const OF = {
  base: 'api-1.2.0-01jd3k',
  image: digest('3'),
  deployment: 'shop',
  replicas: 2,
  stateDirectory: '/x/.onward',
};

const TEXT = `# Written by Onward: the images and the environment of what runs, so that "docker compose up -d" changes nothing.
# Each upgrade writes it anew. Change compose.yaml, .env or onward.yaml instead. It may hold secrets: keep it readable for you alone.
services:
  api:
    image: "registry.example/shop/api@${digest('1')}"
    command: ["serve","--greeting=$$HOME"]
    scale: 2
    deploy:
      replicas: !reset null
    environment:
      PRICE: "5 $$ or $\${LESS}"
      ONWARD_CONFIG_VALUES: "/x/.onward/config/ab/values.yaml"
      ODD: "a\\n\\"b\\""
      "no": ""
      ONWARD_SERVICE: "api"
      ONWARD_RELEASE: "1.2.0"
    labels:
      dev.onward.deployment: "shop"
      dev.onward.service: "api"
      dev.onward.base: "api-1.2.0-01jd3k"
      dev.onward.kind: "service"
      dev.onward.release: "1.2.0"
      dev.onward.identity: "${digest('1')}"
      dev.onward.image: "${digest('3')}"
      dev.onward.config: "${digest('2')}"
      dev.onward.run: "run-1"
    volumes: [{"type":"bind","source":"/x/.onward/config/ab/values.yaml","target":"/x/.onward/config/ab/values.yaml","read_only":true}]
`;

describe('the override', () => {
  it('says what instances of a specification are, with every $ as it is meant', () => {
    expect(renderOverride({ api: buildSection(SPEC, { ...OF, hasReplicas: true }) })).toBe(TEXT);
  });

  it('says no more than there is to say', () => {
    const plain = { ...SPEC, command: [], environment: {}, kind: 'one-shot' as const };
    const section = buildSection(plain, { ...OF, hasReplicas: false });
    expect(Object.keys(section)).toEqual(['image', 'restart', 'scale', 'environment', 'labels']);
    expect(section.restart).toBe('no');
  });

  it('names the volumes that nobody named, so that Compose finds what was handed on', async () => {
    const handedOn = [{ name: 'f'.repeat(64), target: '/da$ta', isReadOnly: false }];
    const section = buildSection({ ...SPEC, environment: {} }, { ...OF, hasReplicas: false, handedOn });
    expect(section.volumes).toEqual([{ type: 'volume', source: 'f'.repeat(64), target: '/da$$ta' }]);
    expect(listHandedOn(section)).toEqual(handedOn);
    const text = renderOverride({ api: section, web: section });
    expect(text.slice(text.indexOf('\nvolumes:'))).toBe(`\nvolumes:\n  ${'f'.repeat(64)}: { external: true }\n`);
    expect(renderOverride((await parseOverride('x', text)) as Sections)).toBe(text);
  });

  it('is read as it was written, and written as it was read', async () => {
    const read = await parseOverride('compose.override.yaml', TEXT);
    expect(baseOf((read as Sections).api)).toBe('api-1.2.0-01jd3k');
    expect(renderOverride(read as Sections)).toBe(TEXT);
    expect(await parseOverride('x', renderOverride({}))).toEqual({});
    expect(await parseOverride('x', 'services: [')).toEqual({ problem: expect.any(String) });
  });

  it("is known by its first line; an empty file is nobody else's", () => {
    expect(isOurs(TEXT)).toBe(true);
    expect(isOurs('services: { api: { image: x } }\n')).toBe(false);
    for (const text of ['', '# nothing yet\n', 'services: {}\n', 'services:\n', '---\nservices: {}\n'])
      expect(isBlank(text)).toBe(true);
    expect(isBlank('services: { api: {} }\n')).toBe(false);
  });
});
