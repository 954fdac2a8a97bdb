import type { Json } from '../../../model/index.ts';
import type { Container } from './containers.ts';
import { asList, type ProjectService } from './project-model.ts';

/** A volume that nobody has named: the image asks for it, or compose.yaml says no more than its path. */
export interface AnonymousVolume {
  /** As the engine calls it. */
  readonly name: string;
  /** Path in the container. */
  readonly target: string;
  readonly isReadOnly: boolean;
}

/** What an engine calls a volume by itself. */
const ANONYMOUS = /^[0-9a-f]{64}$/;

/** The volumes of a container of which compose.yaml does not say what is there. Pure. */
export function listAnonymous(
  { Mounts }: Pick<Container, 'Mounts'>,
  section: ProjectService,
): readonly AnonymousVolume[] {
  return (Mounts ?? []).flatMap(({ Type, Name = '', Destination, RW }) =>
    Type === 'volume' && ANONYMOUS.test(Name) && !isSaid(section, Destination)
      ? [{ name: Name, target: Destination, isReadOnly: !RW }]
      : [],
  );
}

/**
 * The anonymous volumes that the only container of a service hands on to the one after it, as `docker compose up` does where it makes a
 * container anew: of those that run, else of the one that ran last; as far as the new image or compose.yaml still has a volume there. Pure.
 */
export function chooseHandedOn(
  before: readonly Container[],
  section: ProjectService,
  imageVolumes: readonly string[],
): readonly AnonymousVolume[] {
  const [last] = [...before].sort((a, b) => rank(b).localeCompare(rank(a)));
  if (!last) return [];
  const asked = [...imageVolumes, ...asList(section.volumes).map(({ target }) => String(target))].map(trimSlash);
  return listAnonymous(last, section).filter(({ target }) => asked.includes(trimSlash(target)));
}

/** Paths at which containers have volumes of their own, so that a new one cannot be given what all of them wrote. Pure. */
export function listDivided(containers: readonly Container[], section: ProjectService): readonly string[] {
  const names = new Map<string, Set<string>>();
  for (const { name, target } of containers.flatMap((container) => listAnonymous(container, section)))
    names.set(target, (names.get(target) ?? new Set()).add(name));
  return [...names].filter(([, found]) => found.size > 1).map(([target]) => target);
}

/** compose.yaml says what is mounted at a path. */
function isSaid(section: ProjectService, path: string): boolean {
  const mounts = asList(section.volumes).filter(({ type, source }) => type !== 'volume' || source !== undefined);
  const said = [...mounts.map(({ target }) => target), ...listTmpfs(section.tmpfs)].map(String);
  return said.some((each) => trimSlash(each) === trimSlash(path));
}

function listTmpfs(tmpfs: Json | undefined): readonly string[] {
  const all = Array.isArray(tmpfs) ? tmpfs : [tmpfs ?? ''];
  return all.map((each) => String(each).split(':')[0] ?? '');
}

function rank({ State }: Container): string {
  return `${State.Status === 'running' || State.Status === 'restarting' ? 1 : 0} ${State.StartedAt}`;
}

function trimSlash(path: string): string {
  return path.replace(/(?<=.)\/+$/, '');
}
