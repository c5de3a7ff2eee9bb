using DiffusionSharp.Training.Options;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Training;

/// <summary>Speed, smoothed loss and remaining time of one session, for people.</summary>
internal sealed class Pace(TrainingOptions options, TrainingState start)
{
    private const int Window = 100;
    private double loss;
    private int updates;

    /// <summary>Seconds of training before this session.</summary>
    public double SecondsBefore => start.Seconds;

    /// <summary>Where the run stands after an update.</summary>
    public TrainingProgress After(TrainingState state, double newLoss, double rate)
    {
        loss += (newLoss - loss) / Math.Min(Window, ++updates);
        var speed = (state.Images - start.Images) / Math.Max(1e-9, state.Seconds - start.Seconds);
        var byImages = options.TotalImages is long total ? (double)state.Images / total : 0;
        var byTime = options.MaxSeconds is double most ? state.Seconds / most : 0;
        var leftByImages = options.TotalImages is long end ? Math.Max(0, end - state.Images) / speed : double.PositiveInfinity;
        var leftByTime = options.MaxSeconds is double limit ? Math.Max(0, limit - state.Seconds) : double.PositiveInfinity;
        var left = Math.Min(Math.Min(leftByImages, leftByTime), TimeSpan.MaxValue.TotalSeconds / 2);
        return new TrainingProgress(
            state.Step, state.Images, options.TotalImages, Math.Min(1, Math.Max(byImages, byTime)), loss, rate, speed, TimeSpan.FromSeconds(left), Environment.WorkingSet);
    }
}
