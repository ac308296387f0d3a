// My own microphone: on or off by my own hand, said in words, and told to the others so that nobody waits for a muted voice.

import { byId, setText } from "./dom.js";

export class Microphone {
  #told = null; // what this connection was told; null: nothing yet

  /** `request(type, fields)` sends to the server; `chosen(muted)` remembers my choice. */
  constructor(devices, state, request, chosen) {
    Object.assign(this, { devices, state, request, chosen });
  }

  /** "on", "off" (muted by me) or "none". */
  get is() {
    if (!this.devices.tracks.audio) return "none";
    return this.devices.muted ? "off" : "on";
  }

  set muted(muted) {
    this.devices.muted = muted;
    this.chosen(muted);
  }

  toggle() {
    this.muted = !this.devices.muted;
    return this.tell();
  }

  /** Tell the server where it knows otherwise. It is a courtesy to the others: what is muted is muted without it. */
  async tell() {
    const on = this.is === "on";
    if (this.state.current === null || on === (this.#told ?? this.state.self.microphone)) return;
    this.#told = on;
    await this.request("microphone.set", { on }).catch(() => {}); // told anew with the next connection
  }

  /** A new connection has been told nothing. */
  forget() {
    this.#told = null;
  }

  render() {
    const { is } = this;
    const button = byId("mute");
    button.disabled = is === "none";
    // The name stays and the state changes: "Mute me, pressed".
    button.setAttribute("aria-pressed", String(is === "off"));
    setText(button, is === "none" ? "No microphone" : "Mute me");
    setText(byId("mute-words"), is === "off" ? "Your microphone is off." : "");
  }
}
