using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;

namespace DiffusionSharp.Bench.Micro;

/// <summary>One or more steps of a backward pass alone, as <see cref="KernelStage"/> has them, with what they own.</summary>
internal sealed class GradientStage : IDisposable
{
    private readonly List<IDisposable> owned = [];
    private readonly KernelStage stage;

    private GradientStage((int Channels, int Side)[] values, Func<GradientStage, View[], IStep[]> create) =>
        stage = KernelStage.Create(values, views => new Following(create(this, views)));

    /// <param name="values">Channels and side of each value.</param>
    /// <param name="create">Makes the steps for these.</param>
    public static GradientStage Create((int Channels, int Side)[] values, Func<GradientStage, View[], IStep[]> create) => new(values, create);

    public unsafe AlignedMemory Zeros(int count)
    {
        var zeros = Own(new AlignedMemory(sizeof(float) * count));
        new Span<float>(zeros.Floats, count).Clear();
        return zeros;
    }

    /// <summary>A parameter of normals, or a place for its gradient.</summary>
    public unsafe ParameterPlace Parameter(ParameterLayout layout)
    {
        using var normals = Floats.Normals(layout.Count);
        return Own(ParameterPlace.Alone(layout, new ReadOnlySpan<float>(normals.Floats, layout.Count)));
    }

    public T Own<T>(T resource)
        where T : IDisposable
    {
        owned.Add(resource);
        return resource;
    }

    public void Run() => stage.Run();

    public void Dispose()
    {
        stage.Dispose();
        owned.ForEach(o => o.Dispose());
    }

    private sealed class Following(IStep[] steps) : IStep, IDisposable
    {
        public ScratchNeed Scratch(int images, int threads) => steps.Select(s => s.Scratch(images, threads)).Aggregate(ScratchNeed.Max);

        public void Run(Workspace workspace) => Array.ForEach(steps, s => s.Run(workspace));

        public void Dispose() => Array.ForEach(steps, s => (s as IDisposable)?.Dispose());
    }
}
