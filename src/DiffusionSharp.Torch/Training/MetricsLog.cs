using DiffusionSharp.Training;
using TorchSharp;
using SummaryWriter = TorchSharp.Modules.SummaryWriter;

namespace DiffusionSharp.Torch.Training;

/// <summary>Measurements of a run, to metrics.jsonl and to TensorBoard's event files.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly MetricsFile lines;
    private readonly SummaryWriter tensorBoard;

    /// <summary>Opens the logs and cuts off lines that a lost sitting wrote after the checkpoint.</summary>
    public MetricsLog(RunFolder run, long length)
    {
        lines = new MetricsFile(run.Metrics, length);
        tensorBoard = torch.utils.tensorboard.SummaryWriter(run.TensorBoard, createRunName: false);
    }

    /// <summary>Bytes written so far, on disk after this call.</summary>
    public long Flush() => lines.Flush();

    /// <summary>Writes one line; numbers also go to TensorBoard under <c>kind/name</c> at the image count.</summary>
    public void Write(string kind, long images, params ReadOnlySpan<(string Name, double Value)> values)
    {
        lines.Write(kind, images, values);
        try
        {
            foreach (var (name, value) in values)
            {
                tensorBoard.add_scalar($"{kind}/{name}", (float)value, (int)Math.Min(images, int.MaxValue));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new DiffusionException(ErrorKind.Storage, $"TensorBoard's event file cannot be written: {e.Message}; free some space and resume", e);
        }
    }

    public void Dispose() => lines.Dispose();
}
