import { formatDuration } from './format.ts';

/** A server of a backend of the operator's, at the address of an instance: what is sent there passes the switch by. */
export interface BypassFact {
  readonly backend: string;
  /** The section is its own frontend. */
  readonly isListen: boolean;
  readonly server: string;
  /** `host:port`, as HAProxy has it. */
  readonly address: string;
  /** Id of the instance that listens there. */
  readonly instance: string;
  /** Requests (connections in `tcp` mode) that it has now, also in processes from before a reload. */
  readonly inFlight: number;
  /** Those that it was given for as long as HAProxy counts, `countedS`: since its start or its last reload. */
  readonly asked: number;
  /** Since the last of them; `undefined`: there was none. */
  readonly lastS?: number;
  readonly countedS: number;
}

/**
 * Whether requests were seen there. A frontend leads elsewhere only after a reload, and each reload sets the counts to nothing: what was counted
 * since was sent by the configuration that is in force. Health checks are not counted.
 */
export function isAsked({ inFlight, asked }: BypassFact): boolean {
  return inFlight > 0 || asked > 0;
}

const MOST_LISTED = 5;

/** Which servers of one HAProxy, and what was seen of them; no full stop at the end. */
export function describeBypasses(bypasses: readonly BypassFact[]): string {
  const shown = bypasses.slice(0, MOST_LISTED).map(describeBypass);
  const more = bypasses.length - shown.length;
  const since = `in the ${formatDuration(1_000 * (bypasses[0]?.countedS ?? 0))} since HAProxy was started or reloaded`;
  return `${since}, ${[...shown, ...(more > 0 ? [`${more} more`] : [])].join('; ')}`;
}

function describeBypass(fact: BypassFact): string {
  const { server, backend, isListen, address, instance, asked, inFlight, lastS } = fact;
  const where = `server ${server} of ${isListen ? 'listen' : 'backend'} ${backend} (${address}, ${instance})`;
  if (!isAsked(fact)) return `${where} got nothing`;
  const last =
    lastS === undefined ? '' : `, the last one ${lastS === 0 ? 'just now' : `${formatDuration(1_000 * lastS)} ago`}`;
  const now = inFlight === 0 ? '' : `, and has ${inFlight} now`;
  return `${where} got ${asked} ${asked === 1 ? 'request' : 'requests'}${last}${now}`;
}

/** The lines that have to change so that everything goes through the backend that Onward keeps. */
export function adviseLines(bypasses: readonly BypassFact[], own: string): string {
  const listens = new Map(bypasses.map(({ backend, isListen }) => [backend, isListen]));
  const lines = [...listens].map(([backend, isListen]) =>
    isListen
      ? `make "listen ${backend}" a frontend with "default_backend ${own}" in place of its servers`
      : `change "use_backend ${backend}" and "default_backend ${backend}" to ${own}`,
  );
  const text = lines.join(', ');
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}, then reload HAProxy.`;
}
