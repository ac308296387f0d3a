/* libsrtp through the pointers that pylibsrtp's bindings hand out: nothing is linked. The compiled twin of the seam's _Srtp. */
#include "lane.h"

static bool is_rtcp(const uint8_t *data)
{
    return data[1] >= 192 && data[1] <= 223;
}

bool srtp_open(Srtp *srtp, uint8_t *buffer, int *size)
{
    if (*size < SHORTEST_PACKET || *size > MAX_SRTP_PACKET)
        return false;
    srtp_function open = is_rtcp(buffer) ? srtp->unprotect_rtcp : srtp->unprotect;
    return open(srtp->rx, buffer, size) == 0 && *size >= 0 && *size <= MAX_SRTP_PACKET;
}

static PyObject *in_place(Srtp *self, PyObject *packet, srtp_function function, Py_ssize_t most)
{
    _Alignas(16) uint8_t buffer[BUFFER];
    if (!PyBytes_Check(packet)) {
        PyErr_SetString(PyExc_TypeError, "a packet is bytes");
        return NULL;
    }
    if (PyBytes_GET_SIZE(packet) > most)
        Py_RETURN_NONE;
    int size = (int)PyBytes_GET_SIZE(packet);
    memcpy(buffer, PyBytes_AS_STRING(packet), (size_t)size);
    if (function(self->tx, buffer, &size) != 0 || size < 0 || size > BUFFER)
        Py_RETURN_NONE;
    return PyBytes_FromStringAndSize((const char *)buffer, size);
}

static PyObject *protect(Srtp *self, PyObject *packet)
{
    return in_place(self, packet, self->protect, MAX_SRTP_PACKET - MAX_SRTP_TRAILER);
}

static PyObject *protect_rtcp(Srtp *self, PyObject *packet)
{
    return in_place(self, packet, self->protect_rtcp, MAX_SRTP_PACKET - MAX_SRTP_TRAILER);
}

static PyObject *unprotect(Srtp *self, PyObject *packet)
{
    _Alignas(16) uint8_t buffer[BUFFER];
    if (!PyBytes_Check(packet)) {
        PyErr_SetString(PyExc_TypeError, "a packet is bytes");
        return NULL;
    }
    if (PyBytes_GET_SIZE(packet) > MAX_SRTP_PACKET)
        Py_RETURN_NONE;
    int size = (int)PyBytes_GET_SIZE(packet);
    memcpy(buffer, PyBytes_AS_STRING(packet), (size_t)size);
    if (!srtp_open(self, buffer, &size))
        Py_RETURN_NONE;
    return PyBytes_FromStringAndSize((const char *)buffer, size);
}

static PyObject *new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    PyObject *sessions;
    unsigned long long rx, tx, functions[4];
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs) != 0) {
        PyErr_SetString(PyExc_TypeError, "Srtp takes no names");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "OKK(KKKK)", &sessions, &rx, &tx, functions, functions + 1, functions + 2, functions + 3))
        return NULL;
    if (!rx || !tx || !functions[0] || !functions[1] || !functions[2] || !functions[3]) {
        PyErr_SetString(PyExc_ValueError, "a null pointer");
        return NULL;
    }
    Srtp *self = (Srtp *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    self->sessions = Py_NewRef(sessions);
    self->rx = (void *)(uintptr_t)rx;
    self->tx = (void *)(uintptr_t)tx;
    self->protect = (srtp_function)(uintptr_t)functions[0];
    self->unprotect = (srtp_function)(uintptr_t)functions[1];
    self->protect_rtcp = (srtp_function)(uintptr_t)functions[2];
    self->unprotect_rtcp = (srtp_function)(uintptr_t)functions[3];
    return (PyObject *)self;
}

/* No tp_clear: while anything can still call us, the sessions must stay. */
static int traverse(Srtp *self, visitproc visit, void *arg)
{
    Py_VISIT(self->sessions);
    return 0;
}

static void dealloc(Srtp *self)
{
    PyObject_GC_UnTrack(self);
    Py_XDECREF(self->sessions);
    Py_TYPE(self)->tp_free(self);
}

static PyMethodDef methods[] = {
    {"protect", (PyCFunction)protect, METH_O, "The encrypted RTP packet, or None when it is too long."},
    {"protect_rtcp", (PyCFunction)protect_rtcp, METH_O, "The encrypted RTCP packet, or None when it is too long."},
    {"unprotect", (PyCFunction)unprotect, METH_O, "The decrypted packet, or None when it is not authentic, replayed or too long."},
    {NULL, NULL, 0, NULL},
};

PyTypeObject Srtp_Type = {
    PyVarObject_HEAD_INIT(NULL, 0)
    .tp_name = "media.plane.lane._lane.Srtp",
    .tp_doc = "Srtp(sessions, rx, tx, (protect, unprotect, protect_rtcp, unprotect_rtcp)), the pointers as ints.",
    .tp_basicsize = sizeof(Srtp),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = new,
    .tp_traverse = (traverseproc)traverse,
    .tp_dealloc = (destructor)dealloc,
    .tp_methods = methods,
};
