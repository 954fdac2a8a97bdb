import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { ExitCode, OnwardError } from '../../../model/index.ts';
import type { ProcessIdentity } from '../../../system/index.ts';
import { badRequest } from './errors.ts';
import { farewellRequest, type OverlapOrder, type OverlapReport, overlapOrderSchema } from './overlap.ts';
import type { ProgramIdentity } from './place.ts';
import type { Switchboard } from './switchboard.ts';
import { changeRequest, closeRequest, encodeError, handOverRequest, openRequest, parseMessage } from './wire.ts';

const BODY_LIMIT_BYTES = 8 * 1024 * 1024;

export interface AdminOptions {
  readonly switchboard: Switchboard;
  readonly program: ProgramIdentity;
  handOver(program: string): Promise<void>;
  /** The last frontend was closed. */
  onClosed(): void;
  /** The switch of today asks this process, which was it before, what it has, and may tell it what to follow. */
  onOverlap(order?: OverlapOrder): OverlapReport;
  /** A process that was the switch before ends. */
  onFarewell(process: ProcessIdentity, report: OverlapReport): Promise<void>;
  onUnexpected(error: unknown): void;
}

/** The switch's own HTTP interface, on its unix socket: JSON in, JSON out; errors as `OnwardError` records. */
export function createAdminServer(options: AdminOptions): Server {
  return createServer((request, response) => {
    void answer(request, response, options);
  });
}

async function answer(request: IncomingMessage, response: ServerResponse, options: AdminOptions): Promise<void> {
  try {
    const body = await readBody(request);
    const result = await perform(request, body, options);
    if (result === undefined) send(response, 404, '{}');
    else send(response, 200, JSON.stringify(result));
  } catch (error) {
    if (!(error instanceof OnwardError)) options.onUnexpected(error);
    const known = error instanceof OnwardError ? error : unexpected(error);
    send(response, statusOf(known), encodeError(known));
  }
}

/** What a request asks for; `undefined` when there is no such thing. */
async function perform(request: IncomingMessage, body: string, options: AdminOptions): Promise<object | undefined> {
  const { switchboard } = options;
  const [, collection, encodedService, action] = (request.url ?? '/').split('/');
  const route = `${request.method} ${collection}${action === undefined ? '' : `/${action}`}`;
  if (route === 'GET status') return { pid: process.pid, program: options.program };
  if (route === 'POST handover') {
    await options.handOver(parseMessage(body, handOverRequest).program);
    return {};
  }
  if (route === 'GET overlap') return options.onOverlap();
  if (route === 'PUT overlap') return options.onOverlap(parseMessage(body, overlapOrderSchema));
  if (route === 'POST farewell') {
    const farewell = parseMessage(body, farewellRequest);
    await options.onFarewell(farewell.process, farewell.report);
    return {};
  }
  if (collection !== 'frontends' || encodedService === undefined) return undefined;
  const service = decodeService(encodedService);
  if (route === 'GET frontends') return switchboard.observe(service);
  if (route === 'PUT frontends') {
    const { frontend, epoch } = parseMessage(body, openRequest);
    await switchboard.open(frontend, epoch);
  } else if (route === 'PUT frontends/traffic') {
    const { change, epoch } = parseMessage(body, changeRequest);
    await switchboard.change(service, change, epoch);
  } else if (route === 'DELETE frontends') {
    await switchboard.close(service, parseMessage(body, closeRequest).epoch);
    if (switchboard.frontends.size === 0) options.onClosed();
  } else {
    return undefined;
  }
  return {};
}

function decodeService(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw badRequest('the name of the service is not encoded');
  }
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_LIMIT_BYTES) throw badRequest(`it is over ${BODY_LIMIT_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, body: string): void {
  if (response.destroyed) return;
  response.writeHead(status, { 'content-type': 'application/json', connection: 'close' });
  response.end(body);
}

function statusOf(error: OnwardError): number {
  if (error.code === 'deploy.fenced' || error.code === 'switch.port-in-use') return 409;
  if (error.code === 'switch.bad-request') return 400;
  if (error.code === 'switch.handed-over') return 503;
  return 500;
}

function unexpected(error: unknown): OnwardError {
  return new OnwardError({
    code: 'switch.failed',
    message: `Could not do what the switch was asked for: ${error instanceof Error ? error.message : String(error)}.`,
    hint: 'Read switch.log in the state directory, then run the same command again.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
    cause: error,
  });
}
