// Microphone and loudspeaker of the browser phone.

const ON = ["麦克风已接通，请直接说话。", "The microphone is on; just speak."];
const NONE = ["没有可用的麦克风，请用键盘。", "No microphone here; use the keypad."];
const DENIED = ["麦克风未获允许，请用键盘。", "The microphone was not allowed; use the keypad."];

export class Sound {
  // `send` is given 20 ms of 16-bit samples at 8 kHz, again and again, while the microphone is on.
  constructor(worklet, send) {
    this.worklet = worklet;
    this.send = send;
  }

  // Call from a click or key press, as browsers ask. Returns what to tell the person, in both languages.
  async start() {
    try {
      this.context = new AudioContext();
      await this.context.audioWorklet.addModule(this.worklet);
      this.ear = new AudioWorkletNode(this.context, "telephone-ear", { numberOfInputs: 0, outputChannelCount: [1] });
      this.ear.connect(this.context.destination);
      await this.context.resume();
    } catch (error) {
      // Without worklets (an insecure origin, an old browser) there is no sound either way.
      return NONE;
    }
    try {
      this.stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
    } catch (error) {
      return error.name === "NotAllowedError" ? DENIED : NONE;
    }
    this.mouth = new AudioWorkletNode(this.context, "telephone-mouth", { numberOfOutputs: 0 });
    this.mouth.port.onmessage = ({ data }) => this.send(data);
    this.context.createMediaStreamSource(this.stream).connect(this.mouth);
    return ON;
  }

  hear(samples) {
    this.ear?.port.postMessage(samples, [samples]);
  }

  stop() {
    this.stream?.getTracks().forEach((track) => track.stop());
    this.context?.close();
    this.context = this.ear = this.mouth = this.stream = undefined;
  }
}
