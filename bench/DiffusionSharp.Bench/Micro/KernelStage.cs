using DiffusionSharp.Cpu.Compile;
using DiffusionSharp.Cpu.Execution;

namespace DiffusionSharp.Bench.Micro;

/// <summary>One step of the managed engine alone, on one thread, for one image of some size; its buffers hold standard normals.</summary>
internal sealed class KernelStage : IDisposable
{
    private readonly Team team = new(1);
    private readonly Workspace workspace;
    private readonly IStep step;

    /// <param name="channels">Of each buffer.</param>
    /// <param name="side">Of all images.</param>
    /// <param name="buffers">How many there are; the last is for the result.</param>
    /// <param name="create">Makes the step for these.</param>
    public KernelStage(int channels, int side, int buffers, Func<View[], IStep> create)
    {
        View[] views = [.. Enumerable.Range(0, buffers).Select(i => new View([new Segment(i, channels)], side, side, PerCondition: false))];
        step = create(views);
        var layout = new ArenaLayout([.. views.Select(v => new ArenaLayout.Buffer((long)v.Pixels * v.Segments[0].Stride, PerCondition: false, 0, 0))]);
        workspace = new Workspace(layout, images => step.Scratch(images, 1), team);
        workspace.Prepare(1);
        using var normals = Floats.Normals(layout.FloatsPerImage);
        unsafe
        {
            var all = (int)layout.FloatsPerImage;
            new Span<float>(normals.Floats, all).CopyTo(new Span<float>(workspace.Pointer(0), all));
        }
    }

    public void Run() => step.Run(workspace);

    public void Dispose()
    {
        workspace.Dispose();
        team.Dispose();
        (step as IDisposable)?.Dispose();
    }
}
