// A telephone's mouth and ear in the browser's audio thread: 8 kHz outside, the sound card's rate inside.

const LINE_RATE = 8000;
const FRAME = 160; // 20 ms
const TAPS = 96;
const KEPT_S = 0.5; // what is heard later than this is dropped, so that the delay never grows

// Windowed-sinc low-pass at 3.5 kHz: what lies above would fold back into the telephone band.
function lowPass(rate) {
  const taps = new Float32Array(TAPS);
  let sum = 0;
  for (let n = 0; n < TAPS; n++) {
    const x = n - (TAPS - 1) / 2;
    const phase = (2 * Math.PI * 3500 * x) / rate;
    const window = 0.54 - 0.46 * Math.cos((2 * Math.PI * n) / (TAPS - 1));
    taps[n] = (Math.abs(x) < 1e-9 ? 1 : Math.sin(phase) / phase) * window;
    sum += taps[n];
  }
  return taps.map((tap) => tap / sum);
}

class Mouth extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = sampleRate / LINE_RATE;
    this.taps = this.step > 1 ? lowPass(sampleRate) : new Float32Array([1]);
    this.past = new Float32Array(0);
    this.at = this.taps.length - 1;
    this.frame = new Int16Array(FRAME);
    this.filled = 0;
  }

  filtered(samples, index) {
    let sum = 0;
    for (let tap = 0; tap < this.taps.length; tap++) sum += this.taps[tap] * samples[index - tap];
    return sum;
  }

  process(inputs) {
    const input = inputs[0][0];
    if (!input) return true;
    const samples = new Float32Array(this.past.length + input.length);
    samples.set(this.past);
    samples.set(input, this.past.length);
    while (this.at + 1 < samples.length) {
      const index = Math.floor(this.at);
      const part = this.at - index;
      const value = part
        ? this.filtered(samples, index) * (1 - part) + this.filtered(samples, index + 1) * part
        : this.filtered(samples, index);
      this.frame[this.filled++] = Math.max(-1, Math.min(1, value)) * 32767;
      if (this.filled === FRAME) {
        this.port.postMessage(this.frame.slice().buffer);
        this.filled = 0;
      }
      this.at += this.step;
    }
    const keep = Math.max(0, Math.floor(this.at) - this.taps.length + 1);
    this.past = samples.slice(keep);
    this.at -= keep;
    return true;
  }
}

class Ear extends AudioWorkletProcessor {
  constructor() {
    super();
    this.step = LINE_RATE / sampleRate;
    this.samples = new Float32Array(0);
    this.at = 0;
    this.port.onmessage = ({ data }) => {
      const frame = Float32Array.from(new Int16Array(data), (sample) => sample / 32768);
      const rest = this.samples.subarray(Math.floor(this.at));
      this.at -= Math.floor(this.at);
      const kept = rest.length > KEPT_S * LINE_RATE ? rest.subarray(frame.length) : rest;
      this.samples = new Float32Array(kept.length + frame.length);
      this.samples.set(kept);
      this.samples.set(frame, kept.length);
    };
  }

  process(_inputs, outputs) {
    const output = outputs[0][0];
    for (let n = 0; n < output.length && this.at + 1 < this.samples.length; n++) {
      const index = Math.floor(this.at);
      const part = this.at - index;
      output[n] = this.samples[index] * (1 - part) + this.samples[index + 1] * part;
      this.at += this.step;
    }
    return true;
  }
}

registerProcessor("telephone-mouth", Mouth);
registerProcessor("telephone-ear", Ear);
