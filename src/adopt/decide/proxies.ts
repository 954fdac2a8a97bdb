import type { ComposeService, ObservedProject } from '../compose/project.ts';
import type { AdoptedProxy } from './adopted.ts';
import { parseImageName } from './image-name.ts';

/** The proxies of a project, whom they front, and how each can stand before the switch. */
export function describeProxy(
  project: ObservedProject,
  service: ComposeService,
  applications: readonly string[],
): AdoptedProxy {
  const software = parseImageName(service.image ?? '').name;
  const texts = (project.configurations[service.name] ?? []).map(({ text }) => text);
  const variables = Object.values(service.environment);
  const fronts = applications.filter(
    (name) =>
      [...texts, ...variables].some((text) => namesHost(text, name)) ||
      service.dependsOn.some((dependency) => dependency.service === name),
  );
  const haproxy = /^haproxy/.test(software) ? parseHaproxy(texts.join('\n')) : undefined;
  return {
    name: service.name,
    software,
    fronts,
    advice: haproxy ? adviseHaproxy(haproxy) : adviseProxy(software),
    ...(haproxy ? { haproxy } : {}),
  };
}

function namesHost(text: string, name: string): boolean {
  return new RegExp(`(^|[^\\w.-])${name.replaceAll('.', '\\.')}(:\\d+|[/"';\\s]|$)`, 'm').test(text);
}

function parseHaproxy(text: string): NonNullable<AdoptedProxy['haproxy']> {
  const [, socket] = /^\s*stats\s+socket\s+(\S+)/m.exec(text) ?? [];
  const backends = [...text.matchAll(/^\s*(?:backend|listen)\s+(\S+)/gm)].flatMap(([, name]) => name ?? []);
  return { ...(socket === undefined ? {} : { socket }), backends };
}

function adviseHaproxy({ socket, backends }: NonNullable<AdoptedProxy['haproxy']>): string {
  if (socket === undefined) {
    return 'it can be the switch once it has a runtime API: add "stats socket <path> level admin" to its global section';
  }
  const names = backends.length === 0 ? 'no backend is named in its files' : `its backends are ${backends.join(', ')}`;
  return `it can be the switch: its runtime API is ${socket} inside of its container, and ${names}`;
}

/** They keep the address that a name had when they started. */
const ASKS_ONCE = /^(nginx|openresty)/;

function adviseProxy(software: string): string {
  return `it stays in front as it is and cannot be the switch: ${software} changes targets by reloading or by discovery, which cuts idle connections. "onward adopt traffic" puts HAProxy between it and the services, under their names, so its configuration stays${ASKS_ONCE.test(software) ? `; ${software} looks names up when it starts: reload it once after that` : ''}`;
}
