using DiffusionSharp.Files.Numpy;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Cli.Verbs.Sample;

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

    /// <summary>Writes the step that was just done.</summary>
    /// <param name="step">Of all images at once.</param>
    /// <param name="places">The images to be written.</param>
    public void Write(SampledStep step, int[] places)
    {
        Write("x", step.Progress.Step, places, step.X);
        Write("x0", step.Progress.Step, places, step.X0);
    }

    private void Write(string name, int step, int[] places, ReadOnlySpan<double> values)
    {
        var data = new float[places.Length * shape.Elements];
        for (var k = 0; k < places.Length; k++)
        {
            for (var i = 0; i < shape.Elements; i++)
            {
                data[(k * shape.Elements) + i] = (float)values[(places[k] * shape.Elements) + i];
            }
        }

        var file = Path.Combine(folder, FormattableString.Invariant($"{name}-{step:D4}.npy"));
        NpyFile.Write(file, new HostTensor([places.Length, shape.Channels, shape.Height, shape.Width], data));
    }
}
