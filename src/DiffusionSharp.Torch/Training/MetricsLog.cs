using System.Text.Json;
using System.Text.Json.Nodes;
using DiffusionSharp.Training;
using TorchSharp;
using SummaryWriter = TorchSharp.Modules.SummaryWriter;

namespace DiffusionSharp.Torch.Training;

/// <summary>Appends measurements to metrics.jsonl and to TensorBoard's event files.</summary>
internal sealed class MetricsLog : IDisposable
{
    private readonly FileStream jsonl;
    private readonly SummaryWriter tensorBoard;

    /// <summary>Opens the logs and cuts off lines that a lost sitting wrote after the checkpoint.</summary>
    public MetricsLog(RunFolder run, long length)
    {
        jsonl = new FileStream(run.Metrics, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        jsonl.SetLength(Math.Min(length, jsonl.Length));
        jsonl.Seek(0, SeekOrigin.End);
        tensorBoard = torch.utils.tensorboard.SummaryWriter(run.TensorBoard, createRunName: false);
    }

    /// <summary>Bytes written so far, on disk after this call.</summary>
    public long Flush()
    {
        jsonl.Flush(flushToDisk: true);
        return jsonl.Position;
    }

    /// <summary>Writes one line; numbers also go to TensorBoard under <c>kind/name</c> at the image count.</summary>
    public void Write(string kind, long images, params ReadOnlySpan<(string Name, double Value)> values)
    {
        var line = new JsonObject { ["kind"] = kind, ["images"] = images };
        foreach (var (name, value) in values)
        {
            line[name] = value;
            tensorBoard.add_scalar($"{kind}/{name}", (float)value, (int)Math.Min(images, int.MaxValue));
        }

        jsonl.Write(JsonSerializer.SerializeToUtf8Bytes(line));
        jsonl.WriteByte((byte)'\n');
        jsonl.Flush();
    }

    public void Dispose() => jsonl.Dispose();
}
