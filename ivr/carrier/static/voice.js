// Prompts spoken by the browser's own voices, in the language of the prompt.

const CHARACTERS_A_SECOND = { zh: 4.5, yue: 4.5, ja: 7 };
const OTHERS_A_SECOND = 14;

export class Voice {
  // `spoken(number)` is called when a prompt has been said, `available(has)` when that becomes known.
  constructor({ spoken, available }) {
    this.spoken = spoken;
    this.available = available;
    this.synthesis = window.speechSynthesis;
    this.on = true;
    this.timer = 0;
    this.current = 0;
    // Browsers load their voices late, and tell.
    this.synthesis?.addEventListener?.("voiceschanged", () => this.announce());
  }

  get voices() {
    return this.synthesis?.getVoices() ?? [];
  }

  // Tell the carrier whether it should wait for this page's voice.
  announce() {
    this.available(this.on && this.voices.length > 0);
  }

  turn(on) {
    this.on = on;
    if (!on) this.stop();
    this.announce();
  }

  say(text, lang, number) {
    if (!this.on || !this.voices.length) return;
    this.stop();
    this.current = number;
    const family = lang.toLowerCase().replace("cmn", "zh").split("-")[0];
    const voice = this.voices.find((one) => one.lang.toLowerCase().startsWith(family));
    if (!voice || !text) {
      // No voice for this language: the text is shown for as long as it would take to say.
      const seconds = text.length / (CHARACTERS_A_SECOND[family] ?? OTHERS_A_SECOND);
      this.timer = setTimeout(() => this.spoken(number), seconds * 1000);
      return;
    }
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    utterance.onend = utterance.onerror = () => this.current === number && this.spoken(number);
    this.synthesis.speak(utterance);
  }

  stop() {
    this.current = 0;
    clearTimeout(this.timer);
    this.synthesis?.cancel();
  }
}
