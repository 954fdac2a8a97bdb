import type { Container } from './containers.ts';

/** The port of onward.yaml, else the only one that the image or compose.yaml names; `undefined` when there is none, or more than one. */
export function choosePort({ Config }: Pick<Container, 'Config'>, declared: number | undefined): number | undefined {
  if (declared !== undefined) return declared;
  const ports = listPorts(Object.keys(Config.ExposedPorts ?? {}));
  return ports.length === 1 ? ports[0] : undefined;
}

/** `8080/tcp` to 8080; other protocols take no requests. */
export function listPorts(exposed: readonly string[]): readonly number[] {
  return exposed
    .filter((each) => !each.includes('/') || each.endsWith('/tcp'))
    .map((each) => Number.parseInt(each, 10));
}
