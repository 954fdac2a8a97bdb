import { ExitCode, OnwardError } from '../../model/index.ts';

function refusal(code: string, message: string, hint: string): OnwardError {
  return new OnwardError({ code, message, hint, state: 'unchanged', exit: ExitCode.findings });
}

export function nothingToMove(folder: string): OnwardError {
  return refusal(
    'adopt.no-traffic',
    `Could not bring traffic behind the switch: no service of onward.yaml runs in Compose behind the HAProxy of ${folder}.`,
    'Name it as "switch" of a service, as "onward adopt" proposes it: socket ./haproxy/run/admin.sock and file ./haproxy/backends/<service>.cfg.',
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

export function nothingRunsBehind(service: string, backend: string): OnwardError {
  return refusal(
    'adopt.nothing-behind',
    `Could not prepare backend ${backend}: no container of ${service} runs that it could send requests to.`,
    `Start it with "docker compose up -d ${service}", then run the same command again.`,
  );
}

export function ownHaproxy(): OnwardError {
  return refusal(
    'adopt.own-haproxy',
    'Could not take the traffic step back: it only prepared backends in your own HAProxy, and what leads to them is in your file.',
    'Change the lines of its frontends back and reload it; a backend that nobody asks does nothing.',
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
