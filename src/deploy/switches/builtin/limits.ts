/** Everything that bounds the switch. There is no limit on how long a request or an answer may take. */
export interface Limits {
  /** Of one request's or one answer's head. */
  readonly headBytes: number;
  /** From a connection's first byte of a request to the end of its head. */
  readonly headMs: number;
  /** How long a client's connection is kept open between two requests. */
  readonly clientIdleMs: number;
  /** How long a connection to a target is kept for reuse, unless the target announces less. */
  readonly upstreamIdleMs: number;
  /** A request that must not be sent twice only reuses a connection that was idle for less. */
  readonly freshUpstreamMs: number;
  /** For one attempt to connect to a target. */
  readonly connectMs: number;
  /** How long a request waits for a target that can be connected to. */
  readonly deliveryMs: number;
  /** How long a request waits in a hold. */
  readonly holdMs: number;
  readonly heldRequests: number;
  /** Of the heads of all held requests of a frontend. Bodies stay in the client until they are wanted. */
  readonly heldBytes: number;
  /** How long a switch without any frontend goes on. */
  readonly unusedMs: number;
  /** How long a stopping switch lets requests finish. */
  readonly stopMs: number;
}

export const LIMITS: Limits = {
  headBytes: 64 * 1024,
  headMs: 60_000,
  clientIdleMs: 75_000,
  upstreamIdleMs: 4_000,
  freshUpstreamMs: 1_000,
  connectMs: 2_000,
  deliveryMs: 5_000,
  holdMs: 60_000,
  heldRequests: 10_000,
  heldBytes: 64 * 1024 * 1024,
  unusedMs: 60_000,
  stopMs: 30_000,
};
