import type { System } from '../../system/index.ts';
import type { DryRun } from '../sample.ts';
import { dryRunAnswer, type StatusAnswer, statusAnswer, verifyAnswer, wishAnswer } from './answers.ts';
import { askProgram } from './ask.ts';
import type { ServiceProgram } from './service-program.ts';

const QUICK_LIMIT_MS = 30_000;
const COUNT_LIMIT_MS = 600_000;

/** Whom to ask, and about what. */
export interface ServiceQuestions {
  readonly system: System;
  readonly program: ServiceProgram;
  readonly id: string;
  /** What the program is told of where it is; holds no secret. */
  readonly environment: { readonly [name: string]: string };
  readonly signal?: AbortSignal;
}

/** How far the program says it is. Within 30 s. */
export async function askStatus(questions: ServiceQuestions): Promise<StatusAnswer> {
  const { system, program, ...rest } = questions;
  return askProgram(system, program, {
    ...rest,
    args: ['status', rest.id],
    answer: statusAnswer,
    limitMs: QUICK_LIMIT_MS,
  });
}

/** Rows in the old shape, counted by the program now. Within ten minutes. */
export async function askVerification(questions: ServiceQuestions): Promise<number> {
  const { system, program, ...rest } = questions;
  const { remaining } = await askProgram(system, program, {
    ...rest,
    args: ['verify', rest.id],
    answer: verifyAnswer,
    limitMs: COUNT_LIMIT_MS,
  });
  return remaining;
}

/** Tells the program to pause, or that it may go on. Within 30 s. */
export async function askWish(questions: ServiceQuestions, wish: 'pause' | 'resume'): Promise<string> {
  const { system, program, ...rest } = questions;
  const { status } = await askProgram(system, program, {
    ...rest,
    args: [wish, rest.id],
    answer: wishAnswer,
    limitMs: QUICK_LIMIT_MS,
  });
  return status;
}

/** A first look by the program, which changes nothing. Within ten minutes. */
export async function askSample(questions: ServiceQuestions): Promise<DryRun> {
  const { system, program, ...rest } = questions;
  const { estimatedRows, sampledRows, oldRows } = await askProgram(system, program, {
    ...rest,
    args: ['run', rest.id, '--dry-run'],
    answer: dryRunAnswer,
    limitMs: COUNT_LIMIT_MS,
  });
  return { estimatedRows, sampledRows, oldRows };
}
