using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Noise;

namespace DiffusionSharp.Bench.Micro;

/// <summary>One step of the managed engine alone, on one thread, for one image of some size; its buffers hold standard normals.</summary>
internal sealed class KernelStage : IDisposable
{
    private readonly Team team = new(1);
    private readonly IStep step;
    private readonly Workspace workspace;

    private KernelStage(IStep step, ArenaLayout layout)
    {
        this.step = step;
        workspace = new Workspace(layout, images => step.Scratch(images, 1), team);
        workspace.Prepare(1);
    }

    /// <param name="channels">Of each buffer.</param>
    /// <param name="side">Of all images.</param>
    /// <param name="buffers">How many there are; the last is for the result.</param>
    /// <param name="create">Makes the step for these.</param>
    public static KernelStage Create(int channels, int side, int buffers, Func<View[], IStep> create) =>
        Create([.. Enumerable.Repeat((channels, side), buffers)], create);

    /// <param name="values">Channels and side of each buffer; the last ones are for results.</param>
    /// <param name="create">Makes the step for these.</param>
    public static unsafe KernelStage Create((int Channels, int Side)[] values, Func<View[], IStep> create)
    {
        View[] views = [.. values.Select((v, i) => new View([new Segment(i, v.Channels)], v.Side, v.Side, PerCondition: false))];
        var layout = new ArenaLayout([.. views.Select(v => new ArenaLayout.Buffer((long)v.Pixels * v.Segments[0].Stride, PerCondition: false, 0, 0))]);
        var stage = new KernelStage(create(views), layout);
        for (var i = 0; i < views.Length; i++)
        {
            CounterNoise.Gaussian(1, 2 + i, new Span<float>(stage.workspace.Pointer(i), views[i].Pixels * views[i].Segments[0].Stride));
        }

        return stage;
    }

    public void Run() => step.Run(workspace);

    public void Dispose()
    {
        workspace.Dispose();
        team.Dispose();
        (step as IDisposable)?.Dispose();
    }
}
