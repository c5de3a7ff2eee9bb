using System.Runtime.CompilerServices;

namespace NeedsTorch;

/// <summary>A test that needs libtorch: skipped, with the reason, where it does not load or computes wrongly.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchFactAttribute : FactAttribute
{
    public TorchFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Libtorch.Problem;
}
