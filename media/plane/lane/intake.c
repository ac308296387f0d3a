/* From a decrypted packet to the fan-out: the allowance, the uplink, the reception. Intake.take and the uplinks' receive.
 *
 * First everything is looked at and nothing is changed, so that at any doubt the Python code begins with the same state. */
#include "lane.h"

/* FloodLimit.lets_through: whether this second's allowance has room, in the second that runs: 1, 0, -1 with an exception set. */
static int within_rate(PyObject *intake, const Packet *packet)
{
    int64_t packets, octets;
    double began_at;
    if (read_real(intake, name.began_at, &began_at) < 0 || read_int(intake, name.packets, &packets) < 0 ||
        read_int(intake, name.octets, &octets) < 0)
        return -1;
    return packet->now - began_at < 1 && packets < PyLong_AsLongLong(known.most_packets) &&
           octets + packet->size <= PyLong_AsLongLong(known.most_octets);
}

static int count_rate(PyObject *intake, const Packet *packet)
{
    return add_to(intake, name.packets, 1) < 0 ? -1 : add_to(intake, name.octets, packet->size);
}

/* The object whose method takes this payload type, if the method is `function` of a `type`; new reference. NULL: no, or an
 * exception is set. */
static PyObject *owner(PyObject *method, PyObject *type, PyObject *function)
{
    if (method == NULL || !PyMethod_Check(method) || PyMethod_GET_FUNCTION(method) != function)
        return NULL;
    PyObject *self = PyMethod_GET_SELF(method);
    return type == NULL || Py_TYPE(self) == (PyTypeObject *)type ? Py_NewRef(self) : NULL;
}

static PyObject *owner_of_attribute(PyObject *of, const Attribute *attribute, PyObject *function)
{
    PyObject *method = get(of, attribute);
    PyObject *found = owner(method, NULL, function);
    Py_XDECREF(method);
    return found;
}

static enum outcome outcome_of(int answer)
{
    return answer < 0 ? FAILED : answer ? TAKEN : FOR_PYTHON;
}

/* The level in the packet, as the downlinks are told it. */
static int level_of(PyObject *uplink, const Packet *packet, int *level)
{
    int64_t id;
    int any = read_optional_int(uplink, name._level_id, &id);
    if (any < 0)
        return -1;
    int octet = any ? extension_octet(packet, id) : -1;
    *level = octet < 0 ? (int)PyLong_AsLong(known.silence) : octet & 0x7F;
    return 0;
}

static enum outcome sound(PyObject *intake, PyObject *uplink, PyObject *reception, PyObject *subject, const Packet *packet)
{
    int64_t repair;
    int level;
    int red = read_optional_int(uplink, name.repair_payload_type, &repair);
    if (red < 0 || level_of(uplink, packet, &level) < 0)
        return FAILED;
    red = red && packet->type == repair;
    PyObject *source = get(reception, name.ssrc);
    if (source == NULL)
        return FAILED;
    int result = -1;
    if (count_rate(intake, packet) == 0 && reception_count(reception, packet) == 0 &&
        set(uplink, name.last_packet_at, packet->now_object) == 0)
        result = fan_out_sound(subject, packet, source, level, red);
    Py_DECREF(source);
    return result < 0 ? FAILED : TAKEN;
}

/* Whether a packet of the picture is one of many: no retransmission, no gap to heed, no key frame, no blur that waits for it. */
static int picture_is_steady(PyObject *uplink, PyObject *reception, PyObject *subject, const Packet *packet)
{
    int64_t repair, given_up, heeded;
    int any = read_optional_int(uplink, name.repair_payload_type, &repair);
    if (any < 0)
        return -1;
    if ((any && packet->type == repair) || starts_key_frame(packet->data + packet->offset, packet->size - packet->offset))
        return 0;
    if (read_int(reception, name.given_up, &given_up) < 0 || read_int(uplink, name._given_up, &heeded) < 0)
        return -1;
    if (given_up != heeded)
        return 0;
    PyObject *blur = get(subject, name.blur);
    if (blur == NULL)
        return -1;
    int clear = is_object(blur, name.active, Py_False);
    Py_DECREF(blur);
    return clear;
}

static enum outcome picture(PyObject *intake, PyObject *uplink, PyObject *reception, PyObject *subject, const Packet *packet)
{
    int steady = picture_is_steady(uplink, reception, subject, packet);
    if (steady < 1)
        return outcome_of(steady);
    PyObject *source = get(reception, name.ssrc);
    if (source == NULL)
        return FAILED;
    int result = -1;
    if (count_rate(intake, packet) == 0 && reception_count(reception, packet) == 0 &&
        set(subject, name._source, source) == 0)
        result = fan_out_picture(subject, packet, source);
    Py_DECREF(source);
    return result < 0 ? FAILED : TAKEN;
}

static enum outcome to_uplink(PyObject *intake, PyObject *uplink, const Packet *packet, bool is_sound)
{
    enum outcome outcome = FOR_PYTHON;
    PyObject *reception = get(uplink, name.reception);
    PyObject *subject = owner_of_attribute(uplink, name._target, is_sound ? known.subject_audio : known.subject_video);
    if (reception != NULL && subject != NULL) {
        outcome = outcome_of(reception_expects(reception, packet));
        if (outcome == TAKEN)
            outcome = (is_sound ? sound : picture)(intake, uplink, reception, subject, packet);
    }
    Py_XDECREF(reception);
    Py_XDECREF(subject);
    return PyErr_Occurred() ? FAILED : outcome;
}

static enum outcome sort_by_type(PyObject *intake, const Packet *packet)
{
    PyObject *receivers = get(intake, name.receivers);
    PyObject *type = PyLong_FromLong(packet->type);
    PyObject *method = receivers != NULL && type != NULL && PyDict_CheckExact(receivers)
                           ? Py_XNewRef(PyDict_GetItemWithError(receivers, type))
                           : NULL;
    PyObject *audio = owner(method, known.AudioUplink, known.audio_receive);
    PyObject *video = owner(method, known.VideoUplink, known.video_receive);
    enum outcome outcome = audio != NULL   ? to_uplink(intake, audio, packet, true)
                           : video != NULL ? to_uplink(intake, video, packet, false)
                                           : FOR_PYTHON;
    Py_XDECREF(audio);
    Py_XDECREF(video);
    Py_XDECREF(method);
    Py_XDECREF(type);
    Py_XDECREF(receivers);
    return PyErr_Occurred() ? FAILED : outcome;
}

enum outcome take_steady(PyObject *link, const uint8_t *data, int size, double now, PyObject *now_object)
{
    Packet packet = {.now = now, .now_object = now_object};
    if (!read_header(&packet, data, size))
        return FOR_PYTHON;
    PyObject *intake = get(link, name.intake);
    if (intake == NULL)
        return FAILED;
    enum outcome outcome = FOR_PYTHON;
    if (Py_TYPE(intake) == (PyTypeObject *)known.Intake) {
        outcome = outcome_of(within_rate(intake, &packet));
        if (outcome == TAKEN)
            outcome = sort_by_type(intake, &packet);
    }
    Py_DECREF(intake);
    return outcome;
}
