import { z } from 'zod';
import type { FrontendChange } from '../switch.ts';
import { type CountersSnapshot, createCounters, encodeCounters } from './counters.ts';
import { applyChange, type LiveFrontend } from './live-frontend.ts';
import { processSchema } from './state.ts';
import { changeSchema, countersSchema } from './wire.ts';

/** What every process that still serves connections must follow, by service. */
export const overlapOrderSchema = z.record(z.string(), changeSchema);
export interface OverlapOrder {
  readonly [service: string]: FrontendChange;
}

/** What such a process has, by service; the counters since it stopped to be the switch. */
export const overlapReportSchema = z.record(
  z.string(),
  z.strictObject({
    inFlight: z.record(z.string(), z.number()),
    waiting: z.number(),
    counters: countersSchema,
  }),
);
export interface OverlapReport {
  readonly [service: string]: {
    readonly inFlight: { readonly [target: string]: number };
    readonly waiting: number;
    readonly counters: CountersSnapshot;
  };
}

export const farewellRequest = z.strictObject({ process: processSchema, report: overlapReportSchema });

export function buildOverlapOrder(frontends: ReadonlyMap<string, LiveFrontend>): OverlapOrder {
  const order: { [service: string]: FrontendChange } = {};
  for (const [service, { traffic }] of frontends) {
    const targets = traffic.targets.list().map(({ inFlight: _, ...target }) => target);
    order[service] = { targets, isHeld: traffic.hold.isHeld };
  }
  return order;
}

/** Follows an order. A service that it does not name was closed. */
export function followOrder(frontends: ReadonlyMap<string, LiveFrontend>, order: OverlapOrder): void {
  const current = buildOverlapOrder(frontends);
  for (const [service, live] of frontends) {
    const wanted = order[service] ?? { targets: [], isHeld: false };
    if (JSON.stringify(wanted) !== JSON.stringify(current[service])) applyChange(live, wanted);
  }
}

export function buildReport(frontends: ReadonlyMap<string, LiveFrontend>): OverlapReport {
  const report: { [service: string]: OverlapReport[string] } = {};
  for (const [service, { traffic }] of frontends) {
    const inFlight = Object.fromEntries(traffic.targets.list().map((target) => [target.id, target.inFlight]));
    report[service] = { inFlight, waiting: traffic.hold.waiting, counters: encodeCounters(traffic.counters) };
  }
  return report;
}

/** What was counted so far is the successor's now. */
export function restartCounters(frontends: ReadonlyMap<string, LiveFrontend>): void {
  for (const { traffic } of frontends.values()) traffic.counters = createCounters();
}
