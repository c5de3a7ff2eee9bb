using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Cpu.Tests.Kit;

/// <summary>Steps one after the other.</summary>
internal sealed class Following(params IStep[] steps) : IStep, IDisposable
{
    public ScratchNeed Scratch(int images, int threads) => steps.Select(s => s.Scratch(images, threads)).Aggregate(ScratchNeed.Max);

    public void Run(Workspace workspace) => Array.ForEach(steps, s => s.Run(workspace));

    public void Dispose() => Array.ForEach(steps, s => (s as IDisposable)?.Dispose());
}
