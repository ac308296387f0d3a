// What an invitation comes to at the moment, for the one who reads it. Calm, and nobody is blamed for a no.

const isPartner = ({ role }) => role === "partner";
const said = (answer) => ({ rsvp }) => rsvp === answer;

/** The page's heading. */
export function headingWords(call) {
  const me = call.participants.find(({ id }) => id === call.you);
  if (me.rsvp === "declined") return "You said not now";
  if (call.on_the_spot || call.agreed) return "Your call";
  return me.rsvp === "accepted" ? "You said yes" : "You are invited to a call";
}

/** What has to happen before the door opens, or what stands in the way. */
export function standingWords(call) {
  const me = call.participants.find(({ id }) => id === call.you);
  if (me.rsvp === "declined") return "That is all right. If another time suits you, you can propose one.";
  const no = call.participants.find((one) => isPartner(one) && said("declined")(one));
  if (no) return `${no.name} said not now. Another time may do, or none for now.`;
  if (call.on_the_spot) return "Nobody has to answer: the door opens when it is time. This page then lets you in by itself.";
  if (call.agreed) return "Both partners have said yes. This page lets you in by itself when the door opens.";
  if (!isPartner(me)) return "The door opens once both partners have said yes.";
  const other = call.participants.find((one) => isPartner(one) && one !== me);
  return me.rsvp === "accepted" ? `The door opens once ${other.name} has said yes too.` : "The door opens once both of you have said yes.";
}

/** After an answer was given. */
export const NOTED = {
  accepted: "Your yes is noted.",
  declined: "It is noted that this time does not suit you. The others read that, and no reason.",
};
