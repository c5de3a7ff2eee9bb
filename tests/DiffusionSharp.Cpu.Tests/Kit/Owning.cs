using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>A step that frees with it what it reads.</summary>
internal sealed class Owning(IStep step, IDisposable[] owned) : IStep, IDisposable
{
    public ScratchNeed Scratch(int images, int threads) => step.Scratch(images, threads);

    public void Run(Workspace workspace) => step.Run(workspace);

    public void Dispose() => Array.ForEach(owned, o => o.Dispose());
}
