import { ExitCode, OnwardError } from '../../model/index.ts';

function refusal(code: string, message: string, hint: string): OnwardError {
  return new OnwardError({ code, message, hint, state: 'unchanged', exit: ExitCode.findings });
}

export function nothingToMove(folder: string): OnwardError {
  return refusal(
    'adopt.no-traffic',
    `Could not bring traffic behind the switch: no service of onward.yaml runs in Compose behind the HAProxy of ${folder}, or on hosts behind a switch.`,
    'Name it as "switch" of a service, as "onward adopt" proposes it: socket ./haproxy/run/admin.sock and file ./haproxy/backends/<service>.cfg; on hosts, any "switch".',
  );
}

export function filesNamed(): OnwardError {
  return refusal(
    'adopt.files-named',
    'Could not bring traffic behind the switch: onward.yaml names the Compose files, and so does whoever calls "docker compose", where one more could be forgotten.',
    'Name them as COMPOSE_FILE in .env of the project, remove "files" from onward.yaml, then run the same command again.',
  );
}

export function imageMoved(service: string, image: string): OnwardError {
  return refusal(
    'adopt.image-moved',
    `Could not bring traffic behind the switch: ${image} is another image now than the one that ${service} runs, and its container has to be made anew.`,
    `Name the image that runs in compose.yaml, or let it be pulled and started first with "docker compose up -d ${service}".`,
  );
}

export function noSwitchImage(image: string, why: string): OnwardError {
  return new OnwardError({
    code: 'adopt.no-switch-image',
    message: `Could not bring traffic behind the switch: the engine does not have ${image}, and did not get it. Nothing has changed.`,
    hint: `Run "docker pull ${image}", or name an image of HAProxy that is there: "onward adopt traffic --image <image>".`,
    state: 'unchanged',
    exit: ExitCode.findings,
    detail: why,
  });
}

export function nothingToUndo(): OnwardError {
  return refusal(
    'adopt.nothing-to-undo',
    'Could not take the traffic step back: it was not made here.',
    'Run "onward adopt traffic --dry-run" to see what it would do.',
  );
}

export function nothingRunsBehind({
  name,
  haproxy,
  runtime,
}: {
  readonly name: string;
  readonly haproxy?: { readonly backend: string };
  readonly runtime: string;
}): OnwardError {
  const what = haproxy ? `backend ${haproxy.backend}` : `the switch of ${name}`;
  const code = 'adopt.nothing-behind';
  if (runtime === 'ssh')
    return refusal(
      code,
      `Could not prepare ${what}: nothing of ${name} is on record that runs, and that it could send requests to.`,
      'Run "onward adopt release <version>", which puts units that run on record, then run the same command again.',
    );
  return refusal(
    code,
    `Could not prepare ${what}: no container of ${name} runs that it could send requests to.`,
    `Start it with "docker compose up -d ${name}", then run the same command again.`,
  );
}

export function ownHaproxy(): OnwardError {
  return refusal(
    'adopt.own-haproxy',
    'Could not take the traffic step back: it only prepared what requests can be led to, and what leads them there is yours.',
    'Lead them as before: in a HAProxy, change the lines of its frontends back and reload it. A switch that nobody asks does nothing.',
  );
}

export function changedSince(path: string): OnwardError {
  return refusal(
    'adopt.changed-since',
    `Could not take the traffic step back: ${path} was changed since, and what it was before would undo that too.`,
    `Take what Onward added out of ${path}, and run the same command again.`,
  );
}

export function stepFailed(what: string, why: string): OnwardError {
  return new OnwardError({
    code: 'adopt.traffic-failed',
    message: `Could not ${what}: ${why}.`,
    hint: 'Run the same command again: it goes on from what is there. "onward adopt traffic --undo" takes everything back.',
    state: 'resumable',
    exit: ExitCode.needsOperator,
  });
}
