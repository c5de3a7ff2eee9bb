using DiffusionSharp.Sampling;
using DiffusionSharp.Storage;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cli.Pictures;

/// <summary>Writes x_t and the prediction of x0 after each step as .npy, beside the plan as plan.csv.</summary>
internal sealed class Trajectory
{
    private readonly string folder;
    private readonly ImageShape shape;

    public Trajectory(string folder, SamplingPlan plan, ImageShape shape)
    {
        (this.folder, this.shape) = (folder, shape);
        Directory.CreateDirectory(folder);
        AtomicFile.WriteAllText(Path.Combine(folder, "plan.csv"), SamplingPlanTable.Csv(plan));
    }

    /// <summary>Writes the step that was just done, for all images at once.</summary>
    public void Write(in SamplerProgress p)
    {
        Write("x", p.Step, p.ImageCount, p.X);
        Write("x0", p.Step, p.ImageCount, p.X0);
    }

    private void Write(string name, int step, int count, ReadOnlySpan<double> values)
    {
        var data = new float[values.Length];
        for (var i = 0; i < data.Length; i++)
        {
            data[i] = (float)values[i];
        }

        var file = Path.Combine(folder, FormattableString.Invariant($"{name}-{step:D4}.npy"));
        NpyFile.Write(file, new HostTensor([count, shape.Channels, shape.Height, shape.Width], data));
    }
}
