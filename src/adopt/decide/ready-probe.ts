import type { ReadyProbe } from '../../model/index.ts';
import { type Decision, guessed, told, unknown } from './decision.ts';

export interface ProbeChoice {
  readonly probe: ReadyProbe;
  /** The port that the health check asks. */
  readonly port?: number;
}

const URL_IN_TEST =
  /\bhttps?:\/\/(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]|\$\{?HOSTNAME\}?)(?::(\d+))?(\/[^\s"'|;&)]*)?/;
const TCP_IN_TEST = /\b(?:nc|ncat)\b.*?-\S*z\S*\s+(?:-\S+\s+)*\S+\s+(\d+)/;
const UP_MS = 2_000;

/** How an instance says that it can take work, from the words of its health check and the port of its requests. */
export function chooseReadyProbe(healthTest: readonly string[], port: number | undefined): Decision<ProbeChoice> {
  const test = healthTest.join(' ');
  const url = URL_IN_TEST.exec(test);
  if (url) {
    const [, asked, path = '/'] = url;
    return told({ probe: { kind: 'http', path }, port: Number(asked ?? 80) }, `its health check asks ${url[0]}`);
  }
  const tcp = TCP_IN_TEST.exec(test);
  if (tcp) return told({ probe: { kind: 'tcp' }, port: Number(tcp[1]) }, `its health check connects to port ${tcp[1]}`);
  const up = { probe: { kind: 'up', forMs: UP_MS } as const };
  if (test !== '') {
    const shown = test.length > 60 ? `${test.slice(0, 60)}…` : test;
    const because = `its health check is "${shown}", which no probe of Onward can repeat`;
    if (port === undefined) return unknown(up, because);
    return unknown({ probe: { kind: 'tcp' }, port }, `${because}; connecting to port ${port} says less`);
  }
  if (port === undefined) return guessed(up, 'it has no health check and listens on no known port');
  return unknown(
    { probe: { kind: 'tcp' }, port },
    'it has no health check; a path that answers 200 when it can work says more',
  );
}
