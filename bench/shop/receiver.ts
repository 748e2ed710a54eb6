// A process of its own: takes what OTLP brings and forgets it, so that its reader does not share the service's core time.
import { startOtlpReceiver } from '../../tests/support/otlp.ts';

const receiver = await startOtlpReceiver();
receiver.behaviour = { kind: 'discard' };
console.log(JSON.stringify({ url: receiver.url }));
