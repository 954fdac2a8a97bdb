import { type Acceptance, closest, type Digest, type Gate, type KnownRisk, OnwardError } from '../../model/index.ts';
import { contentOf, contentOfRisk } from '../../plan/index.ts';
import { chooseVersion } from '../../release/index.ts';
import { describeOperator, type System } from '../../system/index.ts';
import { prepareContract } from '../contract/prepare-contract.ts';
import type { Installation } from '../installation.ts';
import { loadAcceptances, type RecordedAcceptance } from '../observe-acceptances.ts';
import { observeCurrent } from '../observe-control.ts';
import { preparePlan } from '../prepare.ts';
import { prepareLedgers } from '../prepare-ledgers.ts';
import { endIsPast, notAccepted, shortReason, unknownRisk } from './errors.ts';

/** Fewer words are no reason that anyone could judge later. */
const FEWEST_WORDS = 3;

export interface AcceptRequest {
  /** The id of a risk of the catalog, or the name that a gate gives. */
  readonly risk: string;
  readonly reason: string;
  /** When it ends: so long from now by the clock of the control database, or at a time (ISO 8601). Never when left out. */
  readonly until?: { readonly inMs: number } | { readonly at: string };
  /** The target, as of an upgrade: a channel or a version. */
  readonly version?: string;
}

/**
 * Records that an operator goes on in spite of a risk. Only what the catalog knows of, or what a gate of the plan warns of right now, can
 * be accepted; the acceptance is for exactly what that says. Throws `upgrade.unknown-risk`, `upgrade.short-reason` and `upgrade.end-is-past`.
 */
export async function acceptRisk(
  system: System,
  installation: Installation,
  request: AcceptRequest,
): Promise<Acceptance> {
  const reason = request.reason.trim().replace(/\s+/g, ' ');
  if (reason.split(' ').length < FEWEST_WORDS) throw shortReason(request.risk, FEWEST_WORDS);
  const { content, release } = await findContent(system, installation, request);
  await prepareLedgers(system, installation);
  const { inMs, at } = { inMs: null, at: null, ...request.until };
  const { count } = await installation.control.query(
    `insert into onward.acceptance (deployment, risk, content, release, reason, accepted_by, until)
     select $1, $2, $3, $4, $5, $6, ending.at
     from (select coalesce($7::pg_catalog.timestamptz,
                           pg_catalog.clock_timestamp() + $8::pg_catalog.float8 * interval '1 millisecond') as at) as ending
     where ending.at is null or ending.at > pg_catalog.clock_timestamp()`,
    [
      installation.deployment.name,
      request.risk,
      content,
      release,
      system.redaction.apply(reason),
      describeOperator(),
      at,
      inMs,
    ],
  );
  if (count !== 1) throw endIsPast(request.risk);
  const recorded = (await loadAcceptances(installation)).list.findLast(({ risk }) => risk === request.risk);
  if (!recorded) throw new Error('What was recorded is not there');
  return recorded;
}

/** Takes every acceptance of a risk back that still counts. They stay on record. Gives how many there were; throws when there was none. */
export async function withdrawAcceptance(system: System, installation: Installation, risk: string): Promise<number> {
  await prepareLedgers(system, installation);
  const { count } = await installation.control.query(
    `update onward.acceptance set withdrawn_at = pg_catalog.clock_timestamp(), withdrawn_by = $3
     where deployment = $1 and risk = $2 and withdrawn_at is null and (until is null or until > pg_catalog.clock_timestamp())`,
    [installation.deployment.name, risk, describeOperator()],
  );
  if (count > 0) return count;
  const { list } = await loadAcceptances(installation);
  throw notAccepted(
    risk,
    closest(
      risk,
      list.filter(({ withdrawn }) => !withdrawn).map((one) => one.risk),
    ),
  );
}

/** An acceptance, and what became of it. */
export interface ListedAcceptance extends RecordedAcceptance {
  readonly state: 'counts' | 'expired' | 'withdrawn';
}

/** Every acceptance that was ever recorded for this deployment, the newest last. */
export async function listAcceptances(installation: Installation): Promise<readonly ListedAcceptance[]> {
  const { list, now } = await loadAcceptances(installation);
  return list.map((acceptance) => ({ ...acceptance, state: judge(acceptance, now) }));
}

function judge({ until, withdrawn }: RecordedAcceptance, now: string): ListedAcceptance['state'] {
  if (withdrawn) return 'withdrawn';
  return until === undefined || Date.parse(until) > Date.parse(now) ? 'counts' : 'expired';
}

interface Found {
  readonly content: Digest;
  readonly release: string;
}

async function findContent(system: System, installation: Installation, request: AcceptRequest): Promise<Found> {
  const catalog = await installation.source.catalog();
  const current = await observeCurrent(installation);
  const { version } = chooseVersion(catalog, {
    ...(request.version === undefined ? {} : { requested: request.version }),
    channel: installation.deployment.releases.channel,
    ...(current ? { current: current.release } : {}),
  });
  const known: readonly KnownRisk[] = catalog.risks ?? [];
  const risk = known.find(({ id }) => id === request.risk);
  if (risk) return { content: contentOfRisk(risk), release: version };
  const names = known.map(({ id }) => id);
  const kind = current ? 'upgrade' : 'provision';
  const looks: readonly Look[] = [
    async () => {
      const { plan } = await preparePlan(system, installation, { kind, version, rollback: 'run' });
      return { release: version, gates: plan.gates };
    },
    async () => {
      if (!current) return { release: version, gates: [] };
      const { plan } = await prepareContract(system, installation, pick(request));
      return { release: plan.upTo, gates: plan.gates };
    },
  ];
  // A contract run looks for long; what an upgrade waits for is found before.
  for (const look of looks) {
    const { release, gates } = await lookForOffers(look);
    const gate = gates.find((candidate) => candidate.risk === request.risk);
    if (gate) return { content: contentOf(gate), release };
    names.push(...gates.flatMap((candidate) => candidate.risk ?? []));
  }
  throw unknownRisk(request.risk, { names, meant: closest(request.risk, names) });
}

function pick({ version }: AcceptRequest): { readonly version?: string } {
  return version === undefined ? {} : { version };
}

type Look = () => Promise<{ readonly release: string; readonly gates: readonly Gate[] }>;

/** The gates of a plan that offer to be accepted, also those that were; none where there is no plan, because nothing leads to the target. */
async function lookForOffers(look: Look): ReturnType<Look> {
  try {
    const { release, gates } = await look();
    return { release, gates: gates.filter(({ state, risk }) => state !== 'open' && risk !== undefined) };
  } catch (error) {
    if (error instanceof OnwardError && NO_PLAN.includes(error.code)) return { release: '', gates: [] };
    throw error;
  }
}

const NO_PLAN = ['upgrade.no-path', 'upgrade.contract-unknown', 'upgrade.contract-ahead'];
