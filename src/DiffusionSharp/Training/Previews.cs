namespace DiffusionSharp.Training;

/// <summary>
/// Draws previews: by the number of images, by the clock after 30 s of training, a minute, two, four … so that a run of minutes shows how far
/// it is, too, and at the end. Those by the clock take a tenth of the time at most, but for the first. None changes what is trained.
/// </summary>
/// <param name="show">Is given them; null draws none.</param>
/// <param name="draw">Draws one of the network as it is.</param>
/// <param name="clock">Seconds of training so far.</param>
/// <param name="cancellationToken">Leaves out a preview that is begun, and all others.</param>
internal sealed class Previews(Action<Preview>? show, Func<CancellationToken, Preview> draw, Func<double> clock, CancellationToken cancellationToken)
{
    private const double First = 30;
    private const double Share = 10;
    private double next = After(clock());

    /// <summary>Draws one if it is due.</summary>
    /// <param name="crossed">Whether the number of images says so.</param>
    public void AfterUpdate(bool crossed)
    {
        var began = clock();
        if (crossed || began >= next)
        {
            Draw();
            var ended = clock();
            next = Math.Max(After(ended), ended + ((Share - 1) * (ended - began)));
        }
    }

    /// <summary>Draws one now.</summary>
    public void Draw()
    {
        if (show is null || cancellationToken.IsCancellationRequested)
        {
            return;
        }

        try
        {
            show(draw(cancellationToken));
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The run stops; whoever goes on with it draws others.
        }
    }

    private static double After(double seconds)
    {
        var time = First;
        while (time <= seconds)
        {
            time *= 2;
        }

        return time;
    }
}
