namespace DiffusionSharp.Training.Runs;

/// <summary>Measurements of a run, to metrics.jsonl and to TensorBoard's event files.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly MetricsFile lines;
    private readonly EventFile events;

    /// <summary>Opens the logs and cuts off lines that a lost session wrote after the checkpoint.</summary>
    public MetricsLog(RunFolder run, long length, TimeProvider clock)
    {
        lines = new MetricsFile(run.Metrics, length);
        try
        {
            events = new EventFile(run.TensorBoard, clock);
        }
        catch
        {
            lines.Dispose();
            throw;
        }
    }

    /// <summary>Bytes written so far, on disk after this call.</summary>
    public long Flush() => lines.Flush();

    /// <summary>Writes one line; numbers also go to TensorBoard under <c>kind/name</c> at the image count.</summary>
    public void Write(string kind, long images, params ReadOnlySpan<(string Name, double Value)> values)
    {
        lines.Write(kind, images, values);
        events.Write(kind, images, values);
    }

    public void Dispose()
    {
        lines.Dispose();
        events.Dispose();
    }
}
