import type { Component } from '../../../model/index.ts';
import type { ForeignUnit } from './parse-foreign.ts';

/** So many paths are named; of the rest it is said how many there are. */
const NAMED = 5;

/** Why a unit does not run what a release ships, as half sentences. Empty: it does. Pure. */
export function judgeForeign(
  found: ForeignUnit,
  component: Component,
  /** Files of it that its command names, one a line. */
  programs: string,
): readonly string[] {
  const { state, starters } = found;
  return [
    ...(state === 'active' ? [] : [`it is ${state}`]),
    ...(starters.length === 0
      ? []
      : [`${starters.join(', ')} would start it again once it is stopped: take it out of there`]),
    ...(component.kind === 'image' ? judgeImage(found, component.identity) : judgeFiles(found, programs)),
  ];
}

function judgeImage(found: ForeignUnit, identity: string): readonly string[] {
  if (found.isEngineSilent) return ['no Docker engine answers there'];
  if (found.container === undefined || found.image === undefined)
    return ['it cannot be told which container is its: "docker run" in its ExecStart= needs a --name'];
  if (found.digests.some((digest) => digest.endsWith(`@${identity}`))) return [];
  const known = found.digests.map((digest) => digest.slice(digest.indexOf('@') + 1)).join(', ');
  return [`its container ${found.container} runs ${known === '' ? 'an image that no registry knows' : known}`];
}

function judgeFiles(found: ForeignUnit, programs: string): readonly string[] {
  if (found.root === undefined) return ['none of its processes runs a program of that name'];
  const { root, differs, late } = found;
  if (differs.length > 0 && programs === '')
    return [
      `the command of the release names no file of it, so its working directory ${root} was compared, and has no ${namePaths(differs)} of the release`,
    ];
  if (differs.length > 0)
    return [`${namePaths(differs)} in ${root} ${differs.length === 1 ? 'is' : 'are'} missing or not the same`];
  if (late.length > 0)
    return [
      `${namePaths(late)} in ${root} ${late.length === 1 ? 'has' : 'have'} changed since it was started, so it may run what was there before`,
    ];
  return [];
}

/** As they are in the folder. */
function namePaths(paths: readonly string[]): string {
  const named = paths.slice(0, NAMED).map((path) => path.replace(/^\.\//, ''));
  const more = paths.length - named.length;
  return more === 0 ? named.join(', ') : `${named.join(', ')} and ${more} more`;
}

/** The port of its requests; `undefined`: it has none, or which one cannot be told. Pure. */
export function choosePort({ ports }: Pick<ForeignUnit, 'ports'>, usable: readonly number[]): number | undefined {
  const [only, ...others] = ports;
  if (usable.length === 0) return undefined;
  const meant = ports.filter((port) => usable.includes(port));
  if (meant.length > 0) return meant.length === 1 ? meant[0] : undefined;
  return others.length === 0 ? only : undefined;
}
