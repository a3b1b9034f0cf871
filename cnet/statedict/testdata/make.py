"""Made the files beside it, with numpy 2.4.6, torch 2.15.0 and safetensors 0.8.0; files_test.go says what is in them."""
import numpy as np
import torch
from safetensors.torch import save_file

ramp = torch.arange(6).reshape(2, 3)
save_file({
    "net.0.weight": ramp.float() / 8 - 0.25,
    "net.0.bias": torch.tensor([0.1, float("inf"), -float("inf")]),
    "double": torch.tensor(0.1, dtype=torch.float64),
    "net.1.num_batches_tracked": torch.tensor(9007199254740992),
    "half": torch.tensor([1, -2.5, 65504, 2**-24, float("-inf")], dtype=torch.float16),
    "brain": torch.tensor([1, -2.5, 2.0**127], dtype=torch.bfloat16),
    "empty": torch.zeros(0, 3),
    "mask": torch.tensor([True, False]),
    "bytes": torch.tensor([0, 255], dtype=torch.uint8),
}, "torch.safetensors", metadata={"format": "pt", "note": "größer"})

arrays = {
    "net.3.L1.weight": np.arange(6, dtype="<f4").reshape(2, 3),
    "fortran": np.asfortranarray(np.arange(24, dtype="<f8").reshape(2, 3, 4)),
    "big": np.array([1.5, -2.25], dtype=">f4"),
    "bigints": np.array([-1, 2**53], dtype=">i8"),
    "scalar": np.float64(0.1),
    "empty": np.zeros((3, 0), "<f4"),
    "half": np.array([0.5, 2**-24], "<f2"),
    "ints": np.array([-1, 2**31 - 1], "<i4"),
    "mask": np.array([True, False]),
}
np.savez("numpy.npz", **arrays)
np.savez_compressed("compressed.npz", **arrays)
np.savez("refused.npz", complex=np.array([1j]))
np.save("single.npy", np.zeros(2))

torch.save({"w": torch.zeros(2)}, "torch.pt")
torch.save({"w": torch.zeros(2)}, "legacy.pt", _use_new_zipfile_serialization=False)
