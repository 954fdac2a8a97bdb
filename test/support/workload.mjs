// What the runtime's tests run as an instance. Its first argument says how it behaves; every start leaves its pid in marks.txt.
import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [behaviour, argument] = process.argv.slice(2);
appendFileSync(process.env.MARKS, `${process.pid}\n`);

function serve() {
  createServer((_request, response) => {
    response.end(JSON.stringify({ pid: process.pid, cwd: process.cwd(), environment: process.env }));
  }).listen(Number(process.env.PORT), process.env.HOST, () => console.log(`listening on ${process.env.PORT}`));
}

switch (behaviour) {
  case 'serve':
    serve();
    break;
  case 'stubborn':
    process.on('SIGTERM', () => console.log('no'));
    serve();
    break;
  case 'family': {
    const child = spawn('sh', ['-c', 'trap "" TERM; sleep 61.5 & while :; do wait; done'], { stdio: 'inherit' });
    console.log(`child ${child.pid}`);
    serve();
    break;
  }
  case 'exit':
    console.log('about to end');
    console.error('with a word on standard error');
    process.exitCode = Number(argument);
    break;
  case 'print':
    for (let line = 1; line <= Number(argument); line += 1) console.log(`line ${line}`);
    setInterval(() => {}, 1_000);
    break;
  default:
    throw new Error(`No such behaviour: ${behaviour}`);
}
