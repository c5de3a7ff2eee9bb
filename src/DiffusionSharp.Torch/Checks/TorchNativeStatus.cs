namespace DiffusionSharp.Torch.Checks;

/// <summary>How loading and checking libtorch went, for <c>ddim doctor</c>.</summary>
/// <param name="Loaded">True when the library was loaded.</param>
/// <param name="Patched">True when the private copy for older systems is in use.</param>
/// <param name="Library">The path of the library that TorchSharp calls, or null when it was not found.</param>
/// <param name="Reason">Why it was loaded this way, in one sentence.</param>
/// <param name="Note">What was changed in this process so that it computes correctly, or null.</param>
/// <param name="LibTorchVersion">The libtorch version that TorchSharp was built for, or null when it is not loaded.</param>
/// <param name="CudaAvailable">True when a CUDA backend and a device are present.</param>
/// <param name="CheckMilliseconds">What comparing its convolutions with plain C# took, or null when it is not loaded.</param>
/// <param name="Error">Why it cannot be used (not loaded, or wrong results) and what to do, or null.</param>
public sealed record TorchNativeStatus(
    bool Loaded, bool Patched, string? Library, string Reason, string? Note, string? LibTorchVersion, bool CudaAvailable,
    double? CheckMilliseconds, string? Error);
