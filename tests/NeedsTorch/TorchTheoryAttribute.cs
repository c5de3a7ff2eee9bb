using System.Runtime.CompilerServices;

namespace NeedsTorch;

/// <summary>A theory that needs libtorch: skipped, with the reason, where it does not load or computes wrongly.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class TorchTheoryAttribute : TheoryAttribute
{
    public TorchTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line) => Skip = Libtorch.Problem;
}
