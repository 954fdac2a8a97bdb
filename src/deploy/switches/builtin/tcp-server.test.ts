import { afterAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.ts';
import { freePort } from '../../../../test/support/free-port.ts';
import { createTestServers, targetAt } from '../../../../test/support/frontends.ts';
import { connectRaw } from '../../../../test/support/raw-http.ts';
import { describeCounters } from './counters.ts';
import { applyChange } from './live-frontend.ts';

const servers = createTestServers();
afterAll(() => servers.close());

describe('a raw connection through the switch', () => {
  it('passes bytes both ways, and goes to the next target when one cannot be connected to', async () => {
    const target = await servers.tcp((socket) => socket.pipe(socket));
    const { live, port, serve } = await servers.frontend({ mode: 'tcp' });
    serve(await freePort(), target.port);
    for (const text of ['one', 'two']) {
      const client = await connectRaw(port);
      client.write(text);
      await client.until((received) => received === text);
      client.socket.end();
      expect(await client.closed()).toEqual({ received: text, wasReset: false });
    }
    await eventually(
      () => live.traffic.counters.carried,
      (carried) => carried === 2,
    );
    expect(describeCounters(live.traffic.counters)).toMatchObject({ failed: 0, retried: 1 });
    expect([live.traffic.connections, live.traffic.unsettled]).toEqual([0, 0]);
  });

  it('is closed and counted when no target can be connected to', async () => {
    const { live, port, serve } = await servers.frontend({ mode: 'tcp', limits: { deliveryMs: 50 } });
    serve(await freePort());
    const client = await connectRaw(port);
    await client.closed();
    await eventually(
      () => live.traffic.counters.carried,
      (carried) => carried === 1,
    );
    expect(describeCounters(live.traffic.counters)).toMatchObject({ carried: 1, failures: { connect: 1 } });
  });

  it('ends at the target when the client breaks it, and at the client when the target does', async () => {
    let ended = 0;
    const target = await servers.tcp((socket) => {
      socket.once('close', () => {
        ended += 1;
      });
      socket.on('data', (data) => {
        if (String(data) === 'break') socket.resetAndDestroy();
      });
    });
    const { live, port, serve } = await servers.frontend({ mode: 'tcp' });
    serve(target.port);
    const inFlight = () => live.traffic.targets.list()[0]?.inFlight;
    const leaving = await connectRaw(port);
    await eventually(inFlight, (count) => count === 1);
    leaving.socket.resetAndDestroy();
    await eventually(
      () => ended,
      (count) => count === 1,
    );
    const broken = await connectRaw(port);
    broken.write('break');
    await broken.closed();
    await eventually(
      () => live.traffic.counters.carried,
      (carried) => carried === 2,
    );
    expect(inFlight()).toBe(0);
    expect(describeCounters(live.traffic.counters)).toMatchObject({ carried: 2, failures: { 'cut-off': 1 } });
  });

  it('that is held leaves the queue when its client resets it, and keeps what the client has sent already', async () => {
    const target = await servers.tcp((socket) => socket.pipe(socket));
    const { live, port } = await servers.frontend({ mode: 'tcp' });
    applyChange(live, { targets: [], isHeld: true });
    const waiting = () => live.traffic.hold.waiting;
    const [gone, patient] = [await connectRaw(port), await connectRaw(port)];
    patient.write('early');
    await eventually(waiting, (count) => count === 2);
    gone.socket.resetAndDestroy();
    await eventually(waiting, (count) => count === 1);
    applyChange(live, { targets: [targetAt(target.port)], isHeld: false });
    await patient.until((received) => received === 'early');
    patient.socket.destroy();
    expect(describeCounters(live.traffic.counters).failures).toEqual({ 'gone-while-waiting': 1 });
  });
});
